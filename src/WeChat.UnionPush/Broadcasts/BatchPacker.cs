namespace WeChat.UnionPush.Broadcasts;

/// <summary>Packs recipients into batches: those to be sent to, and those whose outcome is known already, apart.</summary>
internal sealed class BatchPacker(string id, DateTimeOffset now, Func<IReadOnlyCollection<BroadcastBatch>, CancellationToken, ValueTask> write)
{
    private const int BatchesAtOnce = 20;
    private const int CharactersAtOnce = 1_000_000;
    private const int LongestId = 128;

    private readonly List<BroadcastBatch> _batches = [];
    private readonly List<string> _reachable = new(BroadcastPlanner.BatchSize);
    private readonly List<(string Id, PushStatus Status)> _unreachable = new(BroadcastPlanner.BatchSize);
    private int _next;
    private long _characters;

    public long Recipients { get; private set; }

    public BroadcastCounts Unreachable { get; private set; } = new();

    /// <summary>Of the recipients, those for whom further channels are tried.</summary>
    public long OnOtherChannels { get; private set; }

    public void AddReachable(RecipientLine line)
    {
        Recipients++;
        OnOtherChannels += line.IsAsNamed ? 1 : 0;
        _reachable.Add(line.ToString());
        if (_reachable.Count == BroadcastPlanner.BatchSize)
        {
            PackReachable();
        }
    }

    public void AddUnreachable(string recipient, PushStatus status)
    {
        Recipients++;
        _unreachable.Add((OneLine(recipient), status));
        if (_unreachable.Count == BroadcastPlanner.BatchSize)
        {
            PackUnreachable();
        }
    }

    /// <summary>Whether an id can stand in a line as it is.</summary>
    public static bool IsOneLine(string id) => id.Length <= LongestId && StorableText.Fits(id) && !id.Any(char.IsControl);

    /// <summary>Writes what is packed, when it is enough for a write.</summary>
    public async ValueTask WriteAsync(bool all, CancellationToken cancellationToken)
    {
        if (all)
        {
            PackReachable();
            PackUnreachable();
        }

        if (_batches.Count > 0 && (all || _batches.Count >= BatchesAtOnce || _characters >= CharactersAtOnce))
        {
            await write([.. _batches], cancellationToken).ConfigureAwait(false);
            _batches.Clear();
            _characters = 0;
        }
    }

    private void PackReachable()
    {
        if (_reachable.Count > 0)
        {
            Add(new BroadcastBatch(id, _next++)
            {
                Size = _reachable.Count,
                Recipients = string.Join('\n', _reachable),
                AvailableAt = DateTimeOffset.UnixEpoch,
                SavedAt = DateTimeOffset.UnixEpoch
            });
            _reachable.Clear();
        }
    }

    private void PackUnreachable()
    {
        if (_unreachable.Count == 0)
        {
            return;
        }

        var sheet = new OutcomeSheet(_unreachable.Count);
        for (var i = 0; i < _unreachable.Count; i++)
        {
            sheet.Settle(i, _unreachable[i].Status);
        }

        var counts = sheet.Count();
        Unreachable = Unreachable.Plus(counts);
        Add(new BroadcastBatch(id, _next++)
        {
            Size = sheet.Size,
            Recipients = string.Join('\n', _unreachable.Select(static one => one.Id)),
            Outcomes = sheet.Text,
            Counts = counts,
            AvailableAt = DateTimeOffset.MaxValue,

            // Nothing was sent, so that they do not count in the rate.
            SavedAt = now.AddDays(-1),
        });
        _unreachable.Clear();
    }

    private void Add(BroadcastBatch batch)
    {
        _batches.Add(batch);
        _characters += batch.Recipients.Length;
    }

    // Ids that the host gave may be anything.
    private static string OneLine(string id) => IsOneLine(id) ? id : string.Concat(id.Where(char.IsAsciiLetterOrDigit).Take(LongestId));
}
