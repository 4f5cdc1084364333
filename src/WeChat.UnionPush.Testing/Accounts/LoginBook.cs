using System.Buffers.Binary;

namespace WeChat.UnionPush.Testing;

/// <summary>The login codes and sessions of one Mini Program. Only people who have logged in take memory.</summary>
internal sealed class LoginBook(SimulatedMiniProgram miniProgram)
{
    private static readonly TimeSpan CodeLifetime = PlatformRules.Seconds("login code lifetime");
    private readonly Gate _gate = new();
    private readonly Dictionary<string, LoginCode> _codes = new(StringComparer.Ordinal);
    private readonly Queue<LoginCode> _oldestFirst = new();
    private readonly Dictionary<long, Session> _sessions = [];
    private readonly HashSet<long> _blocked = [];

    public string CreateCode(long index, DateTimeOffset now)
    {
        lock (_gate)
        {
            // A used code answers 40163 instead of 40029 (unknown) as long as it could still be valid; after that the platform has forgotten it.
            while (_oldestFirst.TryPeek(out var oldest) && now - oldest.CreatedAt >= CodeLifetime)
            {
                _codes.Remove(_oldestFirst.Dequeue().Text);
            }

            if (!_sessions.TryGetValue(index, out var session))
            {
                _sessions.Add(index, session = new Session());
            }

            session.Generation++;
            var code = new LoginCode($"0{miniProgram.App.Platform.NextText(31)}", index, session.Generation, now);
            _codes.Add(code.Text, code);
            _oldestFirst.Enqueue(code);
            return code.Text;
        }
    }

    public void SetBlocked(long index, bool blocked)
    {
        lock (_gate)
        {
            _ = blocked ? _blocked.Add(index) : _blocked.Remove(index);
        }
    }

    /// <summary>Uses up a code; answers 0, 40029, 40163, 40226 or 45011.</summary>
    public int TryRedeem(string text, DateTimeOffset now, out long index, out string sessionKey)
    {
        index = -1;
        sessionKey = "";
        lock (_gate)
        {
            if (!_codes.TryGetValue(text, out var code) || now - code.CreatedAt >= CodeLifetime)
            {
                return 40029;
            }

            if (code.Used)
            {
                return 40163;
            }

            if (_blocked.Contains(code.Index))
            {
                return 40226;
            }

            var session = _sessions[code.Index];
            var minute = ChinaTime.Minute(now);
            if (session.Minute != minute)
            {
                session.Minute = minute;
                session.LoginsInMinute = 0;
            }

            if (session.LoginsInMinute >= miniProgram.LoginsPerMinute)
            {
                return 45011;
            }

            session.LoginsInMinute++;
            code.Used = true;
            index = code.Index;
            sessionKey = SessionKey(code.Index, code.Generation);
            return 0;
        }
    }

    public string? CurrentSessionKey(long index)
    {
        lock (_gate)
        {
            return _sessions.TryGetValue(index, out var session) ? SessionKey(index, session.Generation) : null;
        }
    }

    public string ResetSessionKey(long index)
    {
        lock (_gate)
        {
            return SessionKey(index, ++_sessions[index].Generation);
        }
    }

    private string SessionKey(long index, int generation)
    {
        Span<byte> key = stackalloc byte[16];
        var state = Scrambler.Hash(miniProgram.App.Platform.SeedState, miniProgram.AppId) ^ Scrambler.Mix((ulong)index);
        BinaryPrimitives.WriteUInt64LittleEndian(key, Scrambler.Mix(state ^ (ulong)generation));
        BinaryPrimitives.WriteUInt64LittleEndian(key[8..], Scrambler.Mix(state + 1 + (ulong)generation));
        return Convert.ToBase64String(key);
    }

    private sealed class LoginCode(string text, long index, int generation, DateTimeOffset createdAt)
    {
        public string Text { get; } = text;

        public long Index { get; } = index;

        public int Generation { get; } = generation;

        public DateTimeOffset CreatedAt { get; } = createdAt;

        public bool Used { get; set; }
    }

    private sealed class Session
    {
        public int Generation { get; set; }

        public long Minute { get; set; }

        public int LoginsInMinute { get; set; }
    }
}
