namespace WeChat.UnionPush;

/// <summary>The calls of one registration's two accounts.</summary>
internal sealed class AccountApis(AccountApi officialAccount, AccountApi miniProgram)
{
    public AccountApi OfficialAccount => officialAccount;

    public AccountApi MiniProgram => miniProgram;
}
