namespace WeChat.UnionPush;

/// <summary>What the sources say about a value in a key of one type.</summary>
internal enum TemplateFit
{
    /// <summary>It has a form that the platform's pages name, or that the platform was seen to accept.</summary>
    Fits = 0,

    /// <summary>No source says whether the platform accepts it.</summary>
    Unproven,

    /// <summary>A page of the platform, its staff or one of its answers says that it is refused.</summary>
    Refused,
}
