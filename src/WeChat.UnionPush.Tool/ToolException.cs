namespace WeChat.UnionPush.Tool;

/// <summary>What was asked for cannot be done. Its message is the one line that the user reads.</summary>
internal sealed class ToolException(string message) : Exception(message);
