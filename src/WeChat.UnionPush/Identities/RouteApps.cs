namespace WeChat.UnionPush;

/// <summary>The two apps of a registration.</summary>
/// <param name="MiniProgram">App id of the Mini Program, whose users are pushed to.</param>
/// <param name="OfficialAccount">App id of the Official Account, which sends.</param>
internal readonly record struct RouteApps(string MiniProgram, string OfficialAccount)
{
    public bool IsOfficialAccount(string appId) => string.Equals(appId, OfficialAccount, StringComparison.Ordinal);

    public bool IsMiniProgram(string appId) => string.Equals(appId, MiniProgram, StringComparison.Ordinal);

    /// <summary>The other app of the two.</summary>
    public string Beside(string appId) => IsOfficialAccount(appId) ? MiniProgram : OfficialAccount;
}
