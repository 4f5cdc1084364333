namespace WeChat.UnionPush.Testing;

/// <summary>The QR codes of one Official Account.</summary>
internal sealed class QrCodeBook(SimulatedApp app)
{
    private static readonly int MostPermanent = PlatformRules.Number("permanent QR codes");

    // Of what expires only the latest can be of interest, and a caller makes one for each of its users.
    private const int MostTemporary = 10_000;
    private readonly Gate _gate = new();
    private readonly Dictionary<string, SimulatedQrCode> _byTicket = new(StringComparer.Ordinal);
    private readonly LinkedList<SimulatedQrCode> _temporary = new();
    private readonly List<SimulatedQrCode> _permanent = [];
    private long _made;

    /// <summary>All codes, the permanent ones first, then the oldest first.</summary>
    public IReadOnlyList<SimulatedQrCode> All
    {
        get
        {
            lock (_gate)
            {
                return [.. _permanent, .. _temporary];
            }
        }
    }

    public SimulatedQrCode? Find(string ticket)
    {
        lock (_gate)
        {
            return _byTicket.GetValueOrDefault(ticket);
        }
    }

    /// <summary>Makes a code; null when the account has as many permanent ones as it may.</summary>
    public SimulatedQrCode? TryCreate(string scene, TimeSpan? lifetime, DateTimeOffset now)
    {
        lock (_gate)
        {
            // A permanent code for a parameter is one and the same, however often it is asked for.
            if (lifetime is null && _permanent.Find(code => string.Equals(code.Scene, scene, StringComparison.Ordinal)) is { } known)
            {
                return known;
            }

            if (lifetime is null && _permanent.Count >= MostPermanent)
            {
                return null;
            }

            var state = Scrambler.Hash(Scrambler.Hash(app.Platform.SeedState, app.AppId), scene) + (ulong)(lifetime is null ? 0 : ++_made);
            var code = new SimulatedQrCode(
                "gQ" + Scrambler.Text(state, 94), "http://weixin.qq.com/q/0" + Scrambler.Text(Scrambler.Mix(state), 21), scene, now, now + lifetime);
            _byTicket.Add(code.Ticket, code);
            if (lifetime is null)
            {
                _permanent.Add(code);
                return code;
            }

            _temporary.AddLast(code);
            while (_temporary.Count > MostTemporary)
            {
                _byTicket.Remove(_temporary.First!.Value.Ticket);
                _temporary.RemoveFirst();
            }

            return code;
        }
    }
}
