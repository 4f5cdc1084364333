namespace WeChat.UnionPush;

/// <summary>Builds a <see cref="TemplateMessage"/>, field by field.</summary>
public sealed class TemplateMessageBuilder : MessageFieldsBuilder<TemplateMessageBuilder>
{
    private string? _url;
    private MiniProgramLink? _miniProgram;
    private string? _clientMessageId;
    private string? _correlationId;
    private TemplateAlternatives? _alternatives;

    internal TemplateMessageBuilder(string templateId)
        : base(templateId)
    {
    }

    /// <summary>Sets a field to a text, unchanged. Any key and any text are allowed.</summary>
    /// <param name="key">Key as the template has it.</param>
    /// <param name="text">The text.</param>
    /// <param name="color">Colour such as <c>#173177</c>; accepted by the platform and not shown since May 2023.</param>
    /// <exception cref="ArgumentException">The key is empty or set already, or the text is null.</exception>
    public TemplateMessageBuilder Set(string key, string text, string? color) => Add(key, text, color);

    /// <summary>Page that a tap opens. Beside <see cref="OpenMiniProgram"/>, only clients too old for Mini Programs use it.</summary>
    /// <param name="url">Address that begins with <c>http://</c> or <c>https://</c>.</param>
    /// <exception cref="ArgumentException"><paramref name="url"/> is not such an address.</exception>
    public TemplateMessageBuilder Url(string url)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(url);
        if (!url.StartsWith("https://", StringComparison.OrdinalIgnoreCase) && !url.StartsWith("http://", StringComparison.OrdinalIgnoreCase))
        {
            throw new ArgumentException("The url of a template message begins with http:// or https://.", nameof(url));
        }

        _url = url;
        return this;
    }

    /// <summary>Mini Program page that a tap opens.</summary>
    /// <param name="appId">App id of a published Mini Program that is associated (关联) with the Official Account.</param>
    /// <param name="pagePath">Page with its parameters, such as <c>pages/order?id=42</c>; <see langword="null"/> opens the home page.</param>
    /// <exception cref="ArgumentException"><paramref name="appId"/> is empty, or <paramref name="pagePath"/> is empty and not null.</exception>
    public TemplateMessageBuilder OpenMiniProgram(string appId, string? pagePath = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(appId);
        if (pagePath is not null)
        {
            ArgumentException.ThrowIfNullOrWhiteSpace(pagePath);
        }

        _miniProgram = new(appId, pagePath);
        return this;
    }

    /// <summary>
    /// Derives the anti-duplicate id from a key of the host, so that a command delivered twice sends one message. Keys can have any length.
    /// The same key with another template or another recipient is a different message.
    /// </summary>
    /// <remarks>The platform remembers an id for ten minutes. A command that comes back later than that is sent again, so a host whose queue
    /// keeps commands longer must remember by itself what it has sent.</remarks>
    /// <param name="key">What the message is about, such as <c>order-paid/42</c>.</param>
    /// <exception cref="ArgumentException"><paramref name="key"/> is empty or blank.</exception>
    public TemplateMessageBuilder IdempotencyKey(string key)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(key);
        _clientMessageId = ClientMessageIds.From(TemplateId, key);
        return this;
    }

    /// <summary>Sets the anti-duplicate id (<c>client_msg_id</c>) directly. This and <see cref="IdempotencyKey"/> set the same id; the last call wins.</summary>
    /// <param name="clientMessageId">1 to 32 characters of <c>A-Z a-z 0-9 _ -</c>; a <see cref="Guid"/> in the form <c>N</c> is exactly 32.</param>
    /// <exception cref="ArgumentException"><paramref name="clientMessageId"/> is empty, longer, or has other characters.</exception>
    public TemplateMessageBuilder ClientMessageId(string clientMessageId)
    {
        ArgumentNullException.ThrowIfNull(clientMessageId);
        if (!ClientMessageIds.IsValid(clientMessageId))
        {
            throw new ArgumentException("A client message id has 1 to 32 characters of A-Z, a-z, 0-9, '_' and '-'.", nameof(clientMessageId));
        }

        _clientMessageId = clientMessageId;
        return this;
    }

    /// <summary>
    /// Names what the message is about, so that its receipt can be found by that name. It costs nothing when the registration keeps no receipts.
    /// </summary>
    /// <param name="correlationId">A name that the host chooses, such as <c>order-42</c>, of 1 to 128 characters. Several messages may share it.</param>
    /// <exception cref="ArgumentException"><paramref name="correlationId"/> is empty, longer, or has control characters.</exception>
    public TemplateMessageBuilder CorrelationId(string correlationId)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(correlationId);
        if (correlationId.Any(char.IsControl))
        {
            throw new ArgumentException("A correlation id has no control characters.", nameof(correlationId));
        }

        _correlationId = PlatformId.Checked(correlationId, nameof(correlationId));
        return this;
    }

    /// <summary>
    /// Sets the subscribe message that is sent where this message cannot arrive for a reason of the recipient's. Needs <c>AddReach</c> with
    /// <c>SubscribeMessage()</c>; without it nothing happens.
    /// </summary>
    /// <param name="message">The message, of one of the Mini Program's subscription templates.</param>
    public TemplateMessageBuilder ForSubscribe(SubscribeMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        _alternatives = (_alternatives ?? new()) with { Subscribe = message };
        return this;
    }

    /// <summary>
    /// Sets the subscribe notice (订阅通知) of the Official Account that is sent where this message cannot arrive for a reason of the recipient's. Needs
    /// <c>AddReach</c> with <c>SubscribeNotice()</c>; without it nothing happens.
    /// </summary>
    /// <param name="message">The message, of one of the Official Account's notice templates.</param>
    public TemplateMessageBuilder ForNotice(SubscribeMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        _alternatives = (_alternatives ?? new()) with { Notice = message };
        return this;
    }

    /// <summary>
    /// Sets the text of the customer service message that is sent where this message cannot arrive for a reason of the recipient's. Needs <c>AddReach</c>
    /// with <c>CustomerService()</c>; without it nothing happens.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <exception cref="ArgumentException"><paramref name="text"/> is empty or blank.</exception>
    public TemplateMessageBuilder ForCustomerService(string text)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(text);
        _alternatives = (_alternatives ?? new()) with { CustomerServiceText = text };
        return this;
    }

    /// <summary>Makes the message from what has been set so far.</summary>
    /// <exception cref="InvalidOperationException">No field was set; the platform refuses a message without data.</exception>
    public TemplateMessage Build() => new(TemplateId, Fields(), _url, _miniProgram, _clientMessageId, ValuePolicy, _correlationId, _alternatives);
}
