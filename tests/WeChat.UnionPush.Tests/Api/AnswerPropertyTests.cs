using System.Net;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Api;

/// <summary>Whatever bytes an API answers with, a caller gets a typed result or a <see cref="WeChatApiException"/>, and never a secret.</summary>
public sealed class AnswerPropertyTests
{
    private const string Secret = "tiihtNczf5v6AKRyjwEUhQ==";

    /// <summary>Each reader with the bodies it is made for.</summary>
    private static readonly Dictionary<string, (Func<Rooms, Task> Call, string[] Bodies)> Readers = new()
    {
        ["stable_token"] = (rooms => AccessTokenRequest.SendAsync(rooms.Transport, new WeChatAppOptions { AppId = "wx1", AppSecret = "s" }, AccessTokenChannel.Stable, false,
            TimeProvider.System, default), ["""{"access_token":"98_abc","expires_in":7200}"""]),
        ["token"] = (rooms => AccessTokenRequest.SendAsync(rooms.Transport, new WeChatAppOptions { AppId = "wx1", AppSecret = "s" }, AccessTokenChannel.Classic, false,
            TimeProvider.System, default), ["""{"access_token":"98_abc","expires_in":"7200"}"""]),
        ["user/get"] = (async rooms =>
        {
            var pages = 0;
            await foreach (var page in rooms.Followers.GetPagesAsync())
            {
                Assert.All(page.OpenIds, openId => Assert.False(string.IsNullOrWhiteSpace(openId)));
                if (++pages == 3)
                {
                    break;
                }
            }
        }, ["""{"total":2,"count":2,"data":{"openid":["o1","o2"]},"next_openid":"o2"}""", """{"total":0,"count":0,"next_openid":""}"""]),
        ["user/info"] = (rooms => rooms.Followers.GetFollowerAsync("o1"),
            ["""{"subscribe":1,"openid":"o1","unionid":" u1","subscribe_time":1434093047"""
                + ""","remark":"备注","tagid_list":[128,2],"subscribe_scene":"ADD_SCENE_QR_CODE","qr_scene":98765,"qr_scene_str":""}"""]),
        ["user/info/batchget"] = (async rooms =>
        {
            await foreach (var follower in rooms.Followers.GetFollowersAsync(["o1", "o2"]))
            {
                Assert.NotEmpty(follower.OpenId);
            }
        }, ["""{"user_info_list":[{"subscribe":1,"openid":"o1","unionid":"u1","tagid_list":[]},{"subscribe":0,"openid":"o2"},null]}"""]),
        ["jscode2session"] = (rooms => rooms.Session.SignInAsync("code"), [$$"""{"openid":"o1","session_key":"{{Secret}}","unionid":"u1","errcode":0}"""]),
        ["checksession"] = (rooms => rooms.Session.CheckAsync("o1", Secret), ["""{"errcode":0,"errmsg":"ok"}"""]),
        ["resetusersessionkey"] = (rooms => rooms.Session.ResetAsync("o1", Secret), [$$"""{"errcode":0,"errmsg":"ok","openid":"o1","session_key":"{{Secret}}"}"""]),
        ["template/send"] = (rooms => rooms.Sender.SendAsync("o1", TemplateMessage.Create("t").Set("a", "b").Build()),
            ["""{"errcode":0,"errmsg":"ok","msgid":3717005636572528642}""",
                """{"errcode":47003,"errmsg":"argument invalid! data.thing1.value invalid rid: 6401d3a9-2c8f6a11-0f0e1d2c"}"""]),
        ["quota/get"] = (rooms => rooms.Diagnostics.GetQuotaAsync("/cgi-bin/user/get"),
            ["""{"errcode":0,"errmsg":"ok","quota":{"daily_limit":500,"used":1,"remain":499},"rate_limit":{"call_count":10,"refresh_second":60}}"""]),
        ["clear_quota"] = (rooms => rooms.Diagnostics.ClearQuotaAsync(), ["""{"errcode":0,"errmsg":"ok"}"""]),
        ["rid/get"] = (rooms => rooms.Diagnostics.FindRequestAsync("r"),
            [$$$"""{"errcode":0,"errmsg":"ok","request":{"invoke_time":1635156704,"cost_in_ms":30"""
                + $$$""","request_url":"access_token={{{Secret}}}","request_body":"","response_body":"{\"errcode\":0}","client_ip":"1.2.3.4"}}"""]),
        ["callback/check"] = (rooms => rooms.Diagnostics.CheckCallbackAsync(),
            ["""{"dns":[{"ip":"1.1.1.1","real_operator":"UNICOM"},null],"ping":[{"ip":"1.1.1.1","from_operator":"CAP","package_loss":"0%","time":"23.079ms"},null]}"""]),
        ["get_all_private_template"] = (async rooms => await rooms.Templates.ListAsync(),
            ["""{"template_list":[{"template_id":"t","title":"订单","primary_industry":"IT","deputy_industry":"","content":"{{thing1.DATA}}","example":""},null]}"""]),
        ["api_add_template"] = (rooms => rooms.Templates.AddAsync("47123", ["商品"]), ["""{"errcode":0,"errmsg":"ok","template_id":"t"}"""]),
        ["del_private_template"] = (rooms => rooms.Templates.RemoveAsync("t"), ["""{"errcode":0,"errmsg":"ok"}"""]),
        ["get_industry"] = (rooms => rooms.Templates.GetIndustriesAsync(),
            ["""{"primary_industry":{"first_class":"运输与仓储","second_class":"快递"},"secondary_industry":{"first_class":"IT科技","second_class":"互联网"}}"""]),
        ["api_set_industry"] = (rooms => rooms.Templates.SetIndustriesAsync(1, 4, true), ["""{"errcode":0,"errmsg":"ok"}"""]),
        ["queryblocktmplmsg"] = (async rooms =>
        {
            var messages = 0;
            await foreach (var message in rooms.Templates.ListBlockedAsync("t"))
            {
                if (++messages == 300)
                {
                    break;
                }
            }
        }, ["""{"errcode":0,"errmsg":"ok","msginfo":{"id":1,"tmpl_msg_id":"t","title":"a","content":"b","send_timestamp":1635156704,"openid":"o1"}}""",
        """{"errcode":0,"errmsg":"ok","msginfo":[]}"""]),
        ["qrcode/create"] = (rooms => rooms.Links.CreateAsync("o1"),
            ["""{"ticket":"gQH47joAAAAAAAAAASxodHRw","expire_seconds":600,"url":"http://weixin.qq.com/q/kZgfwMTm72WWPkovabbI"}"""]),
        ["get_api_domain_ip"] = (rooms => rooms.Diagnostics.GetApiAddressesAsync(), ["""{"ip_list":["101.89.47.18",null]}"""]),
    };

    private static readonly string[] Pieces =
    [
        "{", "}", "[", "]", ",", ":", "\"", "\\", "null", "true", "0", "-1", "1e999", "9223372036854775808", "\"40001\"", "\"\"", "[]", "{}", "\uFEFF", "\u0000", "\u0001", "\t",
        "<html>", "<xml>", "errcode", "errmsg",
        "\"errcode\":", "\"errcode\":40001", "\"errcode\":\"-1\"", "\"errmsg\":null", "\"$type\":\"x\"", "\"$id\":\"1\"", "\"$ref\":\"1\"", "\\ud800", "😀", "中", "//", "/*", "NaN",
    ];

    public static TheoryData<string> Names => [.. Readers.Keys];

    [Fact]
    public void Every_API_of_the_library_has_its_reader_here()
    {
        Type[] rooms =
        [
            typeof(AccessTokenEndpoints), typeof(FollowerEndpoints), typeof(SessionEndpoints), typeof(TemplateEndpoints), typeof(DiagnosticsEndpoints), typeof(LinkEndpoints),
        ];
        var paths = rooms.SelectMany(type => type.GetFields()).Select(field => ((ApiEndpoint)field.GetValue(null)!).Path).ToArray();
        Assert.All(paths, path => Assert.Contains(Readers.Keys, name => path.EndsWith("/" + name, StringComparison.Ordinal)));
        Assert.Equal(paths.Length, Readers.Count);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task What_it_is_made_for_is_read(string name)
    {
        var (call, bodies) = Readers[name];
        foreach (var body in bodies.Where(body => !body.Contains("47003", StringComparison.Ordinal)))
        {
            using var rooms = new Rooms(Encoding.UTF8.GetBytes(body), HttpStatusCode.OK);
            await call(rooms);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Any_bytes_are_a_result_or_a_WeChatApiException(string name)
    {
        var (call, bodies) = Readers[name];
        var genuine = bodies.Select(Encoding.UTF8.GetBytes).ToArray();
        var bytes = ArbMap.Default.GeneratorFor<byte[]>();
        var pieces = Gen.ListOf(Gen.Elements(Pieces)).Select(list => Encoding.UTF8.GetBytes(string.Concat(list)));
        var spliced =
            from body in Gen.Elements(genuine)
            from at in Gen.Choose(0, body.Length)
            from length in Gen.Choose(0, 30)
            from splice in Gen.OneOf(bytes, pieces)
            select (byte[])[.. body[..at], .. splice, .. body[Math.Min(body.Length, at + length)..]];
        var truncated = from body in Gen.Elements(genuine) from length in Gen.Choose(0, body.Length) select body[..length];
        var flipped =
            from body in Gen.Elements(genuine)
            from at in Gen.Choose(0, body.Length - 1)
            from flip in Gen.Choose(1, 255)
            select (byte[])[.. body[..at], (byte)(body[at] ^ flip), .. body[(at + 1)..]];
        var otherwise = from body in Gen.Elements(genuine)
                        from member in Gen.Choose(0, 20)
                        from value in Gen.Elements(
            "null", "[]", "{}", "\"\"", "-1", "\"1\"", "1.5", "true", "[null]", "[[]]", "{\"a\":1}", "99999999999999999999", "\"\\ud800\"")
                        select Replace(body, member, value);
        var statuses = Gen.Elements(HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.BadGateway, HttpStatusCode.NotFound);

        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(Runs.IsFull ? 20_000 : 1000),
            Prop.ForAll(Gen.OneOf(bytes, pieces, spliced, spliced, truncated, flipped, otherwise, otherwise).ToArbitrary(), statuses.ToArbitrary(), (body, status) =>
            {
                using var rooms = new Rooms(body, status);
                try
                {
                    call(rooms).GetAwaiter().GetResult();
                    return true;
                }
                catch (WeChatApiException exception)
                {
                    return !exception.ToString().Contains(Secret, StringComparison.Ordinal)
                        && (exception.ErrorCode is not null || exception.ErrorClass is WeChatErrorClass.Transient or WeChatErrorClass.Request);
                }
            }));
    }

    /// <summary>Puts another value in the place of a member's, wherever the text allows it.</summary>
    private static byte[] Replace(byte[] body, int member, string value)
    {
        var text = Encoding.UTF8.GetString(body);
        var at = -1;
        for (var i = 0; i <= member && text.IndexOf("\":", at + 1, StringComparison.Ordinal) is >= 0 and var next; i++)
        {
            at = next;
        }

        var end = text.IndexOfAny([',', '}'], at + 2);
        return at < 0 || end < 0 ? body : Encoding.UTF8.GetBytes($"{text[..(at + 2)]}{value}{text[end..]}");
    }

    /// <summary>Every room of the library in front of one answer.</summary>
    private sealed class Rooms : IDisposable
    {
        private readonly ScriptedHandler _handler;

        public Rooms(byte[] body, HttpStatusCode status)
        {
            _handler = new ScriptedHandler((_, _, _) => Task.FromResult(ScriptedHandler.Answer(status, body)));
            Transport = ScriptedHandler.Transport(_handler, TimeProvider.System, options => options.Http.MaxRetries = 0);
            var api = ScriptedHandler.Api(Transport, new OneToken());
            Followers = new FollowerSource(api, new FollowerSyncOptions(), TimeProvider.System);
            Session = new MiniProgramSession(Transport, api, new WorkUnderWay(Transport.Time), () => new WeChatAppOptions { AppId = "wx1", AppSecret = "s" });
            Templates = new TemplateCatalog(api, new TemplateMessageOptions(), TimeProvider.System);
            Sender = ScriptedHandler.Sender(api, TimeProvider.System);
            Diagnostics = new WeChatDiagnostics(api);
            var apps = new RouteApps("wx1", "wx2");
            var book = new FollowLinkBook(apps, new InMemoryReachJournal(TimeProvider.System), new InMemoryUnionIdRepository(TimeProvider.System));
            Links = new FollowLinks(api, book, new FollowLinkOptions(), apps, TimeProvider.System);
        }

        public ApiTransport Transport { get; }

        public FollowerSource Followers { get; }

        public MiniProgramSession Session { get; }

        public TemplateMessageSender Sender { get; }

        public TemplateCatalog Templates { get; }

        public WeChatDiagnostics Diagnostics { get; }

        public FollowLinks Links { get; }

        public void Dispose()
        {
            Templates.Dispose();
            Transport.Dispose();
            _handler.Dispose();
        }
    }
}
