using System.Net;
using System.Net.Sockets;
using System.Text;
using WeChat.UnionPush.StandIn;

namespace WeChat.UnionPush.Tests.StandIn;

/// <summary>What the stand-in must notice, sent to it byte by byte. A flow test proves nothing that these do not back.</summary>
public sealed class StrictnessTests
{
    private const string Head = " HTTP/1.1\r\nHost: HOST\r\n";

    public static TheoryData<string, string> BadRequests => new()
    {
        { "GET /cgi-bin/user/get?access_token=TOKEN HTTP/1.0\r\nHost: HOST\r\n\r\n", "speaks HTTP/1.0" },
        { "GET /cgi-bin/user/get?access_token=TOKEN HTTP/1.1\r\nHost: example.com\r\n\r\n", "Host is not" },
        { "GET /cgi-bin/user/get?access_token=TOKEN HTTP/1.1\nHost: HOST\n\r\n\r\n", "lone CR or LF" },
        { "POST /cgi-bin/user/get?access_token=TOKEN" + Head + "Content-Length: 0\r\n\r\n", "wants GET" },
        { "GET /cgi-bin/message/template/send?access_token=TOKEN" + Head + "\r\n", "wants POST" },
        { "GET /cgi-bin/users?access_token=TOKEN" + Head + "\r\n", "not an address" },
        { "GET /cgi-bin/user//get?access_token=TOKEN" + Head + "\r\n", "not one of the platform's" },
        { "GET /cgi-bin/user/get" + Head + "\r\n", "access_token is missing" },
        { "GET /cgi-bin/user/get?access_token=TOKEN&access_token=TOKEN" + Head + "\r\n", "stands twice" },
        { "GET /cgi-bin/user/get?access_token=TOKEN&next=1" + Head + "\r\n", "has no \"next\"" },
        { "GET /cgi-bin/user/get?access_token=TOKEN&next_openid" + Head + "\r\n", "has no value" },
        { "GET /cgi-bin/user/get?access_token=TOKEN&next_openid=a+b" + Head + "\r\n", "not escaped" },
        { "GET /cgi-bin/user/get?access_token=TOKEN&next_openid=%ff" + Head + "\r\n", "not escaped" },
        { "GET /cgi-bin/user/get?access_token=TOKEN&next_openid=oMadeUp" + Head + "\r\n", "no answer had" },
        { "GET /cgi-bin/user/get?access_token=MADEUP" + Head + "\r\n", "never handed out" },
        { "GET /cgi-bin/user/get?access_token=PROGRAM" + Head + "\r\n", "of the other account" },
        { "GET /cgi-bin/user/get?access_token=TOKEN" + Head + "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n\r\n", "header traceparent" },
        { "GET /cgi-bin/user/get?access_token=TOKEN" + Head + "Request-Id: 1\r\n\r\n", "header Request-Id" },
        { "GET /cgi-bin/user/get?access_token=TOKEN" + Head + "baggage: user=42\r\n\r\n", "header baggage" },
        { "GET /cgi-bin/user/get?access_token=TOKEN" + Head + "Cookie: sid=1\r\n\r\n", "header Cookie" },
        { "GET /cgi-bin/user/get?access_token=TOKEN" + Head + "Content-Type: application/json\r\n\r\n", "no body" },
        { "GET /cgi-bin/user/info?access_token=TOKEN&openid=oNobody&lang=zh-CN" + Head + "\r\n", "does not know the language" },
        { "GET /sns/jscode2session?appid=PROGRAMID&secret=wrong&js_code=1&grant_type=authorization_code" + Head + "\r\n", "wrong secret" },
        { "GET /sns/jscode2session?appid=PROGRAMID&secret=PROGRAMSECRET&js_code=1&grant_type=authorization_code&access_token=TOKEN" + Head + "\r\n", "has no \"access_token\"" },
        { Post("/cgi-bin/message/template/send", Message, type: "application/x-www-form-urlencoded"), "Content-Type is" },
        { Post("/cgi-bin/message/template/send", "\uFEFF" + Message), "byte order mark" },
        { Post("/cgi-bin/message/template/send", Message.Replace("巧", "\\u5de7", StringComparison.Ordinal)), "writes a character as \\u5de7" },
        { Post("/cgi-bin/message/template/send", Message.Replace("\"client_msg_id\":\"1\",", "", StringComparison.Ordinal)), "no client_msg_id" },
        { Post("/cgi-bin/message/template/send",
            Message.Replace("\"client_msg_id\":\"1\"", "\"client_msg_id\":\"0f8fad5b-d9cb-469f-a165-70867728950e\"", StringComparison.Ordinal)), "not 1 to 32" },
        { Post("/cgi-bin/message/template/send", Message.Replace("\"touser\"", "\"miniprogram\":null,\"touser\"", StringComparison.Ordinal)), "is null" },
        { Post("/cgi-bin/message/template/send", Message.Replace("\"touser\"", "\"url\":\"\",\"touser\"", StringComparison.Ordinal)), "is empty" },
        { Post("/cgi-bin/message/template/send", Message.Replace("\"touser\"", "\"topcolor\":\"#FF0000\",\"touser\"", StringComparison.Ordinal)), "topcolor" },
        { Post("/cgi-bin/message/template/send", Message.Replace("\"touser\"", "\"touser\":\"a\",\"touser\"", StringComparison.Ordinal)), "each member once" },
        { Post("/cgi-bin/message/template/send", Message.Replace("{\"value\":\"巧克力\"}", "\"巧克力\"", StringComparison.Ordinal)), "is no object" },
        { Post("/cgi-bin/message/template/send", Message.Replace("\"巧克力\"", "39.8", StringComparison.Ordinal)), "is Number" },
        { Post("/cgi-bin/message/template/send", Message[..^1]), "no JSON" },
        { Post("/cgi-bin/user/info/batchget", """{"user_list":[]}"""), "asks for 0 people" },
        { Post("/cgi-bin/user/info/batchget", $$"""{"user_list":[{{string.Join(',', Enumerable.Repeat("{\"openid\":\"a\"}", 101))}}]}"""), "asks for 101 people" },
        { Post("/cgi-bin/user/info/batchget", """{"user_list":[{"openid":"OPENID"},{"openid":"OPENID"}]}"""), "same person twice" },
        { Post("/cgi-bin/user/info/batchget", """{"user_list":["OPENID"]}"""), "is no object" },
        { Post("/cgi-bin/stable_token", """{"grant_type":"client_credential","appid":"ACCOUNTID","secret":"ACCOUNTSECRET","force_refresh":"false"}""", query: ""),
            "is String, not True" },
        { Post("/cgi-bin/stable_token", """{"grant_type":"client_credential","appid":"ACCOUNTID","secret":"ACCOUNTSECRET"}"""), "has no \"access_token\"" },
        { "POST /cgi-bin/message/template/send?access_token=TOKEN" + Head + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
            "in chunks" },
        { "POST /cgi-bin/message/template/send?access_token=TOKEN" + Head + "Content-Type: application/json\r\n\r\n", "no Content-Length" },
        { "POST /cgi-bin/message/template/send?access_token=TOKEN" + Head + "Content-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
            "encodes its body" },
        { Post("/cgi-bin/message/template/send", Message) + "GET", "came behind the request" },
    };

    private static string Message =>
        """{"touser":"OPENID","template_id":"TEMPLATE","client_msg_id":"1","data":{"thing1":{"value":"巧克力"},"amount2":{"value":"¥1"},"time3":{"value":"15:01"}}}""";

    [Theory]
    [MemberData(nameof(BadRequests))]
    public async Task A_request_that_is_not_as_it_should_be_is_told(string request, string told)
    {
        await using var platform = StandInPlatform.Start();
        await SendAsync(platform, request);
        Assert.Contains(platform.Violations, sentence => sentence.Contains(told, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_proper_message_breaks_no_rule_and_is_accepted_once()
    {
        await using var platform = StandInPlatform.Start();
        var person = platform.Ledger.AddPerson();
        Assert.Contains("\"msgid\":3717005636572528642", await SendAsync(platform, Post("/cgi-bin/message/template/send", Message), person), StringComparison.Ordinal);
        Assert.Contains("\"msgid\":3717005636572528642", await SendAsync(platform, Post("/cgi-bin/message/template/send", Message), person), StringComparison.Ordinal);
        Assert.Equal(2, Assert.Single(platform.Ledger.Messages).Requests);
        Assert.Empty(platform.Violations);

        await SendAsync(platform, Post("/cgi-bin/message/template/send", Message.Replace("15:01", "15:02", StringComparison.Ordinal)), person);
        Assert.Contains("with another message", Assert.Single(platform.Violations), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_login_code_that_comes_twice_is_told()
    {
        await using var platform = StandInPlatform.Start();
        var request =
            $"GET /sns/jscode2session?appid=PROGRAMID&secret=PROGRAMSECRET&js_code={platform.Ledger.CreateLoginCode(platform.Ledger.AddPerson())}"
            + $"&grant_type=authorization_code{Head}\r\n";
        Assert.Contains("session_key", await SendAsync(platform, request), StringComparison.Ordinal);
        Assert.Empty(platform.Violations);
        Assert.Contains("40163", await SendAsync(platform, request), StringComparison.Ordinal);
        Assert.Contains("came 2 times", Assert.Single(platform.Violations), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_that_is_forced_twice_at_once_is_told()
    {
        await using var platform = StandInPlatform.Start();
        var force = Post("/cgi-bin/stable_token", """{"grant_type":"client_credential","appid":"ACCOUNTID","secret":"ACCOUNTSECRET","force_refresh":true}""", query: "");
        await SendAsync(platform, force);
        Assert.Empty(platform.Violations);
        await SendAsync(platform, force);
        Assert.Contains("within 30 seconds", Assert.Single(platform.Violations), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_process_that_starts_it_steers_it_by_lines()
    {
        await using var platform = StandInPlatform.Start();
        var output = new StringWriter { NewLine = "\n" };
        await ControlLine.RunAsync(
            platform, new StringReader(
            "person\nperson stranger\nfollow 1\nunfollow 0\nfollowers\ncode 0\nmischief Gzip drip\nbound false\nviolations\nfollow 9\nfly\ncalls " +
            "/sns/jscode2session\nmessages\nquit\nperson"), output, TestContext.Current.CancellationToken);
        var ledger = platform.Ledger;
        Assert.Equal(
            $"""
            ok 0 {ledger.People[0].OpenId} {ledger.People[0].MiniProgramOpenId} {ledger.People[0].UnionId}
            ok 1 {ledger.People[1].OpenId} {ledger.People[1].MiniProgramOpenId} {ledger.People[1].UnionId}
            ok
            ok
            ok 1
            1 {ledger.People[1].OpenId} {ledger.People[1].UnionId}
            .
            ok {ledger.Secrets[2]}
            ok Gzip, Drip
            ok
            ok 0
            .
            error There is no person 9.
            error Known are: {ControlLine.Help}
            ok 0
            ok 0
            .

            """,
            output.ToString());
        Assert.Equal((Mischief.Gzip | Mischief.Drip, 2), (platform.Mischief, ledger.People.Count));
        Assert.False(ledger.IsBound);
    }

    private static string Post(string path, string body, string type = "application/json", string query = "?access_token=TOKEN") =>
        $"POST {path}{query}{Head}Content-Type: {type}\r\nContent-Length: LENGTH\r\n\r\n{body}";

    /// <summary>Fills the places in, sends the bytes and returns the answer.</summary>
    private static async Task<string> SendAsync(StandInPlatform platform, string request, Person? person = null)
    {
        var ledger = platform.Ledger;
        person ??= ledger.AddPerson();
        request = request
            .Replace("HOST", platform.Address.Authority, StringComparison.Ordinal)
            .Replace("PROGRAMID", Ledger.MiniProgramAppId, StringComparison.Ordinal)
            .Replace("PROGRAMSECRET", ledger.MiniProgramSecret, StringComparison.Ordinal)
            .Replace("ACCOUNTID", Ledger.OfficialAccountAppId, StringComparison.Ordinal)
            .Replace("ACCOUNTSECRET", ledger.OfficialAccountSecret, StringComparison.Ordinal)
            .Replace("OPENID", person.OpenId, StringComparison.Ordinal)
            .Replace("TEMPLATE", ledger.TemplateIds[0], StringComparison.Ordinal);
        if (request.Contains("TOKEN", StringComparison.Ordinal) || request.Contains("PROGRAM", StringComparison.Ordinal))
        {
            request = request
                .Replace("=TOKEN", "=" + await TokenAsync(platform, Ledger.OfficialAccountAppId, ledger.OfficialAccountSecret), StringComparison.Ordinal)
                .Replace("=PROGRAM", "=" + await TokenAsync(platform, Ledger.MiniProgramAppId, ledger.MiniProgramSecret), StringComparison.Ordinal);
        }

        var body = request[(request.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
        var length = Encoding.UTF8.GetByteCount(body.EndsWith("}GET", StringComparison.Ordinal) ? body[..^3] : body);
        return await ExchangeAsync(platform, request.Replace("LENGTH", length.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal));
    }

    private static async Task<string> TokenAsync(StandInPlatform platform, string appId, string secret)
    {
        var body = $$"""{"grant_type":"client_credential","appid":"{{appId}}","secret":"{{secret}}"}""";
        var answer = await ExchangeAsync(platform,
            $"POST /cgi-bin/stable_token HTTP/1.1\r\nHost: {platform.Address.Authority}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}");
        return answer.Split("\"access_token\":\"")[1].Split('"')[0];
    }

    private static async Task<string> ExchangeAsync(StandInPlatform platform, string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, platform.Address.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.UTF8.GetBytes(request));
        client.Client.Shutdown(SocketShutdown.Send);
        using var answer = new MemoryStream();
        await stream.CopyToAsync(answer);
        return Encoding.UTF8.GetString(answer.ToArray());
    }
}
