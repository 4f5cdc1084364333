using System;

namespace WeChat.UnionPush.Generators;

/// <summary>A template list is not what the platform answers.</summary>
internal sealed class TemplateListException(string message, int position) : Exception(message)
{
    /// <summary>Position in the text.</summary>
    public int Position { get; } = position;
}
