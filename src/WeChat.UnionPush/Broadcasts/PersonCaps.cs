namespace WeChat.UnionPush.Broadcasts;

/// <summary>How many broadcasts each person had lately: read once, before a broadcast with a cap is planned. 12 bytes a person.</summary>
internal sealed class PersonCaps
{
    private readonly Dictionary<ulong, int> _counts = [];
    private readonly int _most;

    private PersonCaps(int most) => _most = most;

    /// <summary>Reads the account's broadcasts of the cap's period.</summary>
    public static async Task<PersonCaps> ReadAsync(
        IBroadcastJournal journal, string appId, string exceptName, BroadcastCap cap, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var caps = new PersonCaps(cap.Messages);
        foreach (var broadcast in await journal.ListAsync(appId, onlyRunning: false, cancellationToken).ConfigureAwait(false))
        {
            if (broadcast.StartedAt is null || (broadcast.EndedAt ?? now) < now - cap.Period || string.Equals(broadcast.Name, exceptName, StringComparison.Ordinal))
            {
                continue;
            }

            await foreach (var batch in journal.ListBatchesAsync(broadcast.Id, cancellationToken).ConfigureAwait(false))
            {
                caps.Add(batch, broadcast.State == BroadcastState.Cancelled, now - cap.Period);
            }
        }

        return caps;
    }

    /// <summary>Whether somebody has had as many as the cap allows, under whichever id: who was reached on another channel than the template message
    /// stands there by the id that the audience named.</summary>
    public bool HadTooMany(FoundRecipient person) => new[] { person.OpenId, person.UserOpenId, person.UnionId }
        .OfType<string>().Sum(id => _counts.GetValueOrDefault(PersonSet.HashOf(id))) >= _most;

    private void Add(BroadcastBatch batch, bool isCancelled, DateTimeOffset since)
    {
        var sheet = new OutcomeSheet(batch.Size, batch.Outcomes);
        if (batch.AvailableAt == BroadcastBatch.Never && batch.SavedAt < since)
        {
            return;
        }

        var recipient = 0;
        foreach (var line in batch.Recipients.Split('\n'))
        {
            // Whoever may have a message, or is to get one.
            var counts = sheet.IsOpen(recipient)
                ? !isCancelled || sheet.IsUnderWay(recipient)
                : sheet.StatusOf(recipient) is PushStatus.Sent or PushStatus.Duplicate or PushStatus.Unknown;
            recipient++;
            if (counts && line.Length > 0)
            {
                var person = PersonSet.HashOf(line.Split('\t', 2)[0]);
                _counts[person] = _counts.GetValueOrDefault(person) + 1;
            }
        }
    }
}
