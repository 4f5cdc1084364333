namespace WeChat.UnionPush.Diagnostics;

/// <summary>Names what a refused call says about the account, and what to do.</summary>
internal static class DoctorRefusals
{
    private const string ThreeLists =
        "There are three lists: that of the Official Account is asked at every call, that of the Mini Program (API IP白名单) at calls with the AppSecret only, and the Mini "
        + "Program's list for code uploads (代码上传 IP白名单) has nothing to do with it. A change counts after about five minutes.";

    /// <summary>Whether it goes by itself: the platform is busy, or a minute's calls are used up.</summary>
    public static bool IsPassing(WeChatApiException exception) =>
        exception.ErrorClass is WeChatErrorClass.RateLimited || exception is { ErrorClass: WeChatErrorClass.Transient, ErrorCode: not null };

    public static (string Problem, string? Advice, string? Page) Explain(WeChatApiException exception, WeChatAccountKind account)
    {
        var name = DoctorPages.NameOf(account);
        var page = DoctorPages.Of(account);
        return exception.ErrorCode?.Value switch
        {
            null => Unanswered(exception),
            -1 or 9001002 or 268487001 or 268487002 => ("platform_busy", "Run the examination again in some minutes.", null),
            40013 => ("app_id_wrong", $"Copy the AppID of the {name} from the console; it begins with wx.", page),
            40125 => ("secret_wrong", $"Copy the AppSecret of the {name} again, or reset it: the console shows it once. A secret that was reset is wrong everywhere else.", page),
            40001 when WeChatErrorTable.CarriesSecret(exception.ApiPath) =>
                ("secret_wrong", $"Copy the AppSecret of the {name} again, or reset it: the console shows it once.", page),
            40001 or 40014 or 42001 => ("token_refused", "Fetch another token; when it is refused too, another program replaces the account's token.", page),
            40243 => ("secret_frozen", $"Unfreeze (解冻) the AppSecret of the {name}; it takes about ten minutes.", page),
            40164 or 61004 or 40090 => ("address_not_listed", $"Add {exception.IpAddress ?? "this machine's outgoing address"} to the API IP whitelist of the {name}. "
                + ThreeLists, page),
            48001 or 40200 => ("not_authorized", $"The {name} may not call {exception.ApiPath}: verify (认证) it, or use an account that is "
                + "a verified 服务号.", DoctorPages.Verification),
            50002 or 50004 or 50005 or 50007 => ("account_barred", $"Read the notices of the {name} on mp.weixin.qq.com: the platform has restricted it.", page),
            89501 or 89503 => ("confirmation_wanted", "The account's administrator has to confirm this machine's address in WeChat.", page),
            89506 or 89507 => ("address_rejected", "The administrator has rejected this machine's address; the platform asks again after one hour, the second time after a "
                + "day.", page),
            >= 40230 and <= 40240 => ("api_security", "Check the keys of API security (API安全) in the console, or switch it off for this API.", page),
            45009 when exception.ErrorClass == WeChatErrorClass.Quota => ("quota_used_up",
                "Wait for 00:00 China time, raise the quota, or reset it with clear_quota.", DoctorPages.Quota),
            45009 or 45011 => ("minute_used_up", "Wait a minute, and call more slowly.", null),
            40201 => ("url_not_set", "Set the URL of the message push, and enable it.", DoctorPages.PushOf(account)),
            _ => ("refused", null, page),
        };
    }

    private static (string Problem, string? Advice, string? Page) Unanswered(WeChatApiException exception) => exception switch
    {
        { StatusCode: System.Net.HttpStatusCode.PreconditionFailed } =>
            ("length_removed", "Find the proxy or the handler (ConfigureHttpClient) that removes Content-Length or sends bodies in chunks, and leave it out.", null),
        { IsUnreadable: true } => ("answer_unreadable", "See what answers in the platform's place: a proxy, a sign-in page of the network, or a handler that changes "
            + "answers.", null),
        { StatusCode: not null } => ("gateway", "Run the examination again; when it stays, look at the proxy and at ApiBaseAddress.", null),
        _ => ("unreachable", "Check DNS, firewall and proxy of this machine.", null),
    };
}
