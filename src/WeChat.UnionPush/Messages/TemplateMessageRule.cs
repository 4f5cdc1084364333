namespace WeChat.UnionPush;

/// <summary>The rule that a field of a template message breaks.</summary>
public enum TemplateMessageRule
{
    /// <summary>The value is empty or blank.</summary>
    Empty = 0,

    /// <summary>The value has more characters, or a number more digits, than its type allows; as a warning: only if the platform counts joined characters one by one.</summary>
    TooLong,

    /// <summary>The value has characters or a form that its type does not allow; as a warning: no source says whether the platform accepts it.</summary>
    Malformed,

    /// <summary>The template has a key that the message does not set.</summary>
    MissingKey,

    /// <summary>The message sets a key that the template does not have, or something that is not a key: a label, or <c>{{thing1.DATA}}</c>.</summary>
    UnknownKey,

    /// <summary>A historical template shows only the first 20 characters of a value, up to the first line break.</summary>
    CutOff,

    /// <summary>The platform has not shown <c>first</c> and <c>remark</c> since May 2023.</summary>
    NotShown,

    /// <summary>The platform has shown no colours since May 2023.</summary>
    ColorNotShown,
}
