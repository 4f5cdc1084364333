namespace WeChat.UnionPush;

/// <summary>Builds a <see cref="SubscribeMessage"/>, field by field.</summary>
public sealed class SubscribeMessageBuilder : MessageFieldsBuilder<SubscribeMessageBuilder>
{
    private string? _page;
    private MiniProgramState _state;
    private string? _language;

    internal SubscribeMessageBuilder(string templateId)
        : base(templateId)
    {
    }

    /// <summary>Mini Program page that a tap opens.</summary>
    /// <param name="pagePath">Page of the sending Mini Program with its parameters, such as <c>pages/order?id=42</c>.</param>
    /// <exception cref="ArgumentException"><paramref name="pagePath"/> is empty or blank.</exception>
    public SubscribeMessageBuilder Page(string pagePath)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(pagePath);
        _page = pagePath;
        return this;
    }

    /// <summary>Opens the page in another version than the published one, for tests before a release.</summary>
    /// <param name="state">The version.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="state"/> is not a defined value.</exception>
    public SubscribeMessageBuilder State(MiniProgramState state)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)state, (uint)MiniProgramState.Developer, nameof(state));
        _state = state;
        return this;
    }

    /// <summary>Language in which the phone opens the page.</summary>
    /// <param name="language"><c>zh_CN</c>, <c>zh_HK</c>, <c>zh_TW</c> or <c>en_US</c>.</param>
    /// <exception cref="ArgumentException"><paramref name="language"/> is another text.</exception>
    public SubscribeMessageBuilder Language(string language)
    {
        if (language is not ("zh_CN" or "zh_HK" or "zh_TW" or "en_US"))
        {
            throw new ArgumentException("The language of a subscribe message is zh_CN, zh_HK, zh_TW or en_US.", nameof(language));
        }

        _language = language;
        return this;
    }

    /// <summary>Makes the message from what has been set so far.</summary>
    /// <exception cref="InvalidOperationException">No field was set; the platform refuses a message without data.</exception>
    public SubscribeMessage Build() => new(TemplateId, Fields(), _page, _state, _language, ValuePolicy);
}
