namespace WeChat.UnionPush.Storage;

/// <summary>
/// What is known about one message that the platform accepted: what the send recorded, what the later event reported, or both. Passed to
/// <see cref="IMessageReceipts.SaveAsync"/> it may hold either half; read back it is everything that was saved.
/// </summary>
/// <param name="AppId">App id of the Official Account that sent.</param>
/// <param name="MessageId">The platform's <c>msgid</c>, unique within the account.</param>
/// <exception cref="ArgumentException">A text is empty, longer than 128 characters, or holds what no store can keep: U+0000 or half a surrogate pair.</exception>
public sealed record MessageReceipt(string AppId, long MessageId)
{
    private const int MaxStatusTextLength = 200;

    /// <summary>App id of the Official Account that sent.</summary>
    public string AppId { get; init => field = PlatformId.Checked(value, nameof(AppId)); } = PlatformId.Checked(AppId, nameof(AppId));

    /// <summary>The recipient's openid in the Official Account; <see langword="null"/> when not known, empty when it was forgotten on request.</summary>
    public string? OpenId { get; init => field = value is null or "" ? value : PlatformId.Checked(value, nameof(OpenId)); }

    /// <summary>Id of the template; <see langword="null"/> as long as only the event has arrived.</summary>
    public string? TemplateId { get; init => field = Checked(value, nameof(TemplateId)); }

    /// <summary>The host's own name for what the message is about, given with <see cref="TemplateMessageBuilder.CorrelationId"/>; otherwise <see langword="null"/>.</summary>
    public string? CorrelationId { get; init => field = Checked(value, nameof(CorrelationId)); }

    /// <summary>When it was sent, cut to the millisecond; <see langword="null"/> as long as only the event has arrived.</summary>
    public DateTimeOffset? SentAt { get; init => field = value is { } time ? Millisecond.Cut(time) : null; }

    /// <summary>The outcome; <see langword="null"/> as long as the event has not arrived.</summary>
    public TemplateDeliveryStatus? Status { get; init; }

    /// <summary><see cref="Status"/> as the platform spelt it, without control characters; at most 200 characters of it.</summary>
    public string? StatusText { get; init => field = Printable(value); }

    /// <summary>When the platform delivered it or gave up, to the second, as the event says; <see langword="null"/> as long as the event has not arrived.</summary>
    public DateTimeOffset? FinishedAt { get; init => field = value is { } time ? Millisecond.Cut(time) : null; }

    /// <summary>The time that lists are sorted by: <see cref="SentAt"/>, or <see cref="FinishedAt"/> while only the event has come, or 1970 where neither is known.</summary>
    public DateTimeOffset ListedAt => SentAt ?? FinishedAt ?? DateTimeOffset.UnixEpoch;

    /// <summary>
    /// Merges this stored receipt with another of the same message: what is known stays, what is missing is filled in, and the three members of
    /// the outcome belong together. For stores that read, merge and write. The library's stores use it, or do the same in SQL.
    /// </summary>
    /// <param name="receipt">A receipt of the same app and message.</param>
    public MessageReceipt MergedWith(MessageReceipt receipt)
    {
        ArgumentNullException.ThrowIfNull(receipt);
        var outcome = Status is null ? receipt : this;
        return this with
        {
            OpenId = OpenId ?? receipt.OpenId,
            TemplateId = TemplateId ?? receipt.TemplateId,
            CorrelationId = CorrelationId ?? receipt.CorrelationId,
            SentAt = SentAt ?? receipt.SentAt,
            Status = outcome.Status,
            StatusText = outcome.StatusText,
            FinishedAt = outcome.FinishedAt,
        };
    }

    /// <summary>Shows app, message and outcome.</summary>
    public override string ToString() => $"{AppId}/{MessageId} ({Status?.ToString() ?? "no outcome yet"})";

    private static string? Checked(string? text, string name) => text is null ? null : PlatformId.Checked(text, name);

    private static string? Printable(string? text)
    {
        if (text is null || (text.Length <= MaxStatusTextLength && !text.Any(char.IsControl)))
        {
            return text;
        }

        var printable = string.Concat(text.Where(static character => !char.IsControl(character)).Take(MaxStatusTextLength));
        return printable is [.., var last] && char.IsHighSurrogate(last) ? printable[..^1] : printable;
    }
}
