namespace WeChat.UnionPush.Tests;

/// <summary>The secrets of the simulated accounts. Their common part must not appear in anything that the suite logs, traces, counts or throws.</summary>
internal static class Secrets
{
    public const string Marker = "5ecre7";
    public const string OfficialAccount = Marker + "aa0123456789abcdef01234567";
    public const string MiniProgram = Marker + "bb0123456789abcdef01234567";
}
