namespace WeChat.UnionPush.Diagnostics;

/// <summary>Names under which the library can be observed.</summary>
public static class WeChatUnionPushDiagnostics
{
    /// <summary>The name of the library's <c>Meter</c> and <c>ActivitySource</c>: <c>WeChat.UnionPush</c>.</summary>
    public const string Name = "WeChat.UnionPush";
}
