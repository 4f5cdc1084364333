namespace WeChat.UnionPush;

/// <summary>What becomes of a field's value that the platform is known to refuse, judged by the type in its key (<c>thing1</c>: at most 20 characters).</summary>
public enum TemplateValuePolicy
{
    /// <summary>The message is not sent; a <see cref="TemplateMessageException"/> lists every reason.</summary>
    Reject = 0,

    /// <summary>
    /// Running text (<c>thing</c>, <c>character_string</c>, <c>name</c>) is mended: line breaks and control characters become a blank, and what is too long is
    /// cut between two visible characters and ends in <c>…</c>, or in <c>...</c> where only ASCII is safe. Between two times or dates, a full-width tilde
    /// becomes <c>~</c>. A value that a cut would falsify (a number, an amount, a time, a phone or plate number, an approved constant) and one with
    /// characters that do not belong there is rejected.
    /// </summary>
    Trim,

    /// <summary>Values travel as they are, and the platform decides; what it refuses comes back as 47003.</summary>
    PassThrough,
}
