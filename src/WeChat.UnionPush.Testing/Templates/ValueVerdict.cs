namespace WeChat.UnionPush.Testing;

/// <summary>What is known about the platform's answer to a value.</summary>
internal enum ValueVerdict
{
    /// <summary>Its pages name the form, or the platform was seen to accept it.</summary>
    Taken,

    /// <summary>No page and no report mentions it.</summary>
    Unknown,

    /// <summary>Its pages exclude it, or the platform was seen to answer 47003.</summary>
    Refused,
}
