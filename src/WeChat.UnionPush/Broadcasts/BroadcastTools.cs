namespace WeChat.UnionPush.Broadcasts;

/// <summary>What a registration's broadcasts are sent with.</summary>
internal sealed class BroadcastTools
{
    /// <summary>How many recipients are written down by one write, at most.</summary>
    private const int LargestWindow = 25;

    public required string AppId { get; init; }

    public required IBroadcastJournal Journal { get; init; }

    public required IUnionIdRepository Repository { get; init; }

    public required ITemplateMessageSender Sender { get; init; }

    public required FollowerCheck Check { get; init; }

    /// <summary>Finds who recipients are.</summary>
    public required RecipientFinder Finder { get; init; }

    /// <summary>The channels behind the template message; <see langword="null"/> where there are none.</summary>
    public required ReachLadder? Reach { get; init; }

    public required AccountSlots Slots { get; init; }

    public required BroadcastOptions Options { get; init; }

    public required TimeProvider Time { get; init; }

    /// <summary>How many messages of the account are on their way at the same time.</summary>
    public required int MaxConcurrent { get; init; }

    /// <summary>How long one send may take.</summary>
    public required TimeSpan SendTimeout { get; init; }

    /// <summary>How many batches are worked on at the same time, by all processes.</summary>
    public int Lanes => Math.Max(1, (MaxConcurrent + LargestWindow - 1) / LargestWindow);

    /// <summary>How many recipients of a batch are sent to at the same time: no more than two seconds' worth of the pace, so that no slots are taken far ahead.</summary>
    public int Window => Math.Max(1, Math.Min(MaxConcurrent / Lanes, Slots.PerSecond > 0 ? 2 * Slots.PerSecond / Lanes : int.MaxValue));

    /// <summary>
    /// For how long after the first attempt a message is sent again under its id: the platform knows it for ten minutes, and the last of the new attempts
    /// must arrive before they are over. A send waits for its turn while its claim lasts, and is then made at most twice.
    /// </summary>
    public TimeSpan ResendsFor => TimeSpan.FromMinutes(9.5) - (SendTimeout * 2) - Options.LeaseDuration;

    /// <summary>Sends behind all pushes to single persons.</summary>
    public ValueTask<PushResult> SendAsync(string openId, TemplateMessage message, bool hadAttempt, long notAfter) =>
        TemplateMessageSender.SendAsync(Sender, openId, message, new CallTurn(CallPriority.Broadcast, notAfter), hadAttempt, CancellationToken.None);
}
