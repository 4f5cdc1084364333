using System.Net;
using System.Text.Json;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Messages;

/// <summary>Subscribe messages and notices over the simulated platform.</summary>
public sealed class SubscribeMessageSenderTests
{
    private const string Path = "/cgi-bin/message/subscribe/send";
    private const string Content = "商品:{{thing1.DATA}}\n金额:{{amount2.DATA}}\n";

    private readonly ManualTimeProvider _clock = new(new DateTimeOffset(2026, 11, 26, 4, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task One_tap_of_somebody_who_does_not_follow_is_one_message()
    {
        await using var town = new Town();
        var template = town.MiniProgram.AddSubscriptionTemplate("订单", Content);
        var person = town.Platform.AddPerson();
        person.AnswerSubscription(town.MiniProgram, template);
        var message = Message(template).Page("pages/order?id=42").State(MiniProgramState.Trial).Language("zh_CN").Build();

        var first = await SenderOf(town).SendAsync(person.OpenIdIn(town.MiniProgram), message);
        var second = await SenderOf(town).SendAsync(person.OpenIdIn(town.MiniProgram), message);

        Assert.True(first.IsSent);
        var sent = Assert.Single(town.MiniProgram.SubscriptionMessages);
        Assert.Equal((sent.MessageId, person, "pages/order?id=42", "巧克力\"半价\"", "¥39.80"),
            (first.MessageId, sent.Person, sent.Page, sent.Values["thing1"], sent.Values["amount2"]));
        Assert.Equal((PushStatus.NotSubscribed, 43101), (second.Status, second.ErrorCode!.Value.Value));
        Assert.Contains("wx.requestSubscribeMessage", second.Reason);
        Assert.NotNull(second.Rid);

        var body = JsonDocument.Parse(town.Platform.Calls.Recent(Path)[0].Body).RootElement;
        Assert.Equal(("trial", "zh_CN"), (body.GetProperty("miniprogram_state").GetString(), body.GetProperty("lang").GetString()));
        Assert.Equal(message.ToJson(person.OpenIdIn(town.MiniProgram)), body.GetRawText());
    }

    [Fact]
    public async Task A_notice_of_the_Official_Account_opens_the_Mini_Program()
    {
        await using var town = new Town();
        var template = town.Account.AddSubscriptionTemplate("订单", Content);
        var person = town.Platform.AddPerson();
        person.AnswerSubscription(town.Account, template);

        var sent = await SenderOf(town).SendNoticeAsync(person.OpenIdIn(town.Account), Message(template).Page("pages/order").Build());
        var again = await SenderOf(town).SendNoticeAsync(person.OpenIdIn(town.Account), Message(template).Build());

        Assert.Equal((PushStatus.Sent, PushStatus.NotSubscribed), (sent.Status, again.Status));
        var body = JsonDocument.Parse(town.Platform.Calls.Recent("/cgi-bin/message/subscribe/bizsend")[0].Body).RootElement;
        Assert.Equal((Town.MiniProgramAppId, "pages/order"),
            (body.GetProperty("miniprogram").GetProperty("appid").GetString(), body.GetProperty("miniprogram").GetProperty("pagepath").GetString()));
        Assert.False(body.TryGetProperty("miniprogram_state", out _));
    }

    [Fact]
    public async Task A_value_that_does_not_fit_is_told_before_the_platform_is_called_or_mended()
    {
        await using var town = new Town();
        var template = town.MiniProgram.AddSubscriptionTemplate("订单", Content);
        var person = town.Platform.AddPerson();
        person.AnswerSubscription(town.MiniProgram, template);
        var tooLong = SubscribeMessage.Create(template.Id).Thing("thing1", new string('汉', 21)).Amount("amount2", 1m);

        var failure = await Assert.ThrowsAsync<TemplateMessageException>(() => SenderOf(town).SendAsync(person.OpenIdIn(town.MiniProgram), tooLong.Build()));
        Assert.Equal((template.Id, "thing1"), (failure.TemplateId, Assert.Single(failure.Problems).Key));
        Assert.Equal(0, town.Platform.Calls.Count(Path));
        Assert.Equal("thing1", Assert.Single(tooLong.Build().Validate()).Key);

        Assert.True((await SenderOf(town).SendAsync(person.OpenIdIn(town.MiniProgram), tooLong.WhenValuesDoNotFit(TemplateValuePolicy.Trim).Build())).IsSent);
        Assert.Equal(20, town.MiniProgram.SubscriptionMessages[0].Values["thing1"].Length);
    }

    [Fact]
    public async Task One_message_at_a_time_is_under_way_to_one_person_and_43108_waits()
    {
        var watch = new DelayWatch(_clock);
        await using var town = new Town(time: watch);
        var template = town.MiniProgram.AddSubscriptionTemplate("订单", Content);
        var (crowded, other) = (town.Platform.AddPerson(), town.Platform.AddPerson());
        for (var i = 0; i < 5; i++)
        {
            crowded.AnswerSubscription(town.MiniProgram, template);
        }

        other.AnswerSubscription(town.MiniProgram, template);
        town.MiniProgram.SubscriptionBusyTime = TimeSpan.FromMilliseconds(700);
        town.Platform.SetLatency(Path, TimeSpan.FromMilliseconds(50));

        var sends = Enumerable.Range(0, 5).Select(_ => SenderOf(town).SendAsync(crowded.OpenIdIn(town.MiniProgram), Message(template).Build())).ToList();
        sends.Add(SenderOf(town).SendAsync(other.OpenIdIn(town.MiniProgram), Message(template).Build()));
        await watch.RunAsync(Task.WhenAll(sends));

        Assert.All(sends, send => Assert.True(send.Result.IsSent));
        Assert.Equal(0, crowded.SubscriptionsLeft(town.MiniProgram, template));
        Assert.Equal(6, town.MiniProgram.SubscriptionMessages.Count);
    }

    [Fact]
    public async Task Without_retries_one_person_still_gets_one_message_at_a_time()
    {
        var watch = new DelayWatch(_clock);
        await using var town = new Town(time: watch, configure: options => options.Http.MaxRetries = 0);
        var template = town.MiniProgram.AddSubscriptionTemplate("订单", Content);
        var person = town.Platform.AddPerson();
        person.AnswerSubscription(town.MiniProgram, template);
        person.AnswerSubscription(town.MiniProgram, template);
        town.MiniProgram.SubscriptionBusyTime = TimeSpan.FromMinutes(1);

        var first = await SenderOf(town).SendAsync(person.OpenIdIn(town.MiniProgram), Message(template).Build());
        var failure = await Assert.ThrowsAsync<WeChatApiException>(() => SenderOf(town).SendAsync(person.OpenIdIn(town.MiniProgram), Message(template).Build()));

        Assert.True(first.IsSent);
        Assert.Equal((43108, 2), (failure.ErrorCode!.Value.Value, town.Platform.Calls.Count(Path)));
    }

    [Fact]
    public async Task A_message_whose_answer_was_lost_is_not_sent_again()
    {
        var watch = new DelayWatch(_clock);
        await using var town = new Town(time: watch);
        var template = town.MiniProgram.AddSubscriptionTemplate("订单", Content);
        var person = town.Platform.AddPerson();
        person.AnswerSubscription(town.MiniProgram, template);
        person.AnswerSubscription(town.MiniProgram, template);
        town.Platform.Faults.Add(SimulatedFault.ConnectionReset().AfterProcessing().On(Path).Times(1));

        var result = await watch.RunAsync(SenderOf(town).SendAsync(person.OpenIdIn(town.MiniProgram), Message(template).Build()));

        Assert.Equal((PushStatus.Unknown, 1), (result.Status, town.Platform.Calls.Count(Path)));
        Assert.Single(town.MiniProgram.SubscriptionMessages);
    }

    [Theory]
    [InlineData(43101, PushStatus.NotSubscribed)]
    [InlineData(40003, PushStatus.NotSignedIn)]
    [InlineData(43117, PushStatus.TooFrequent)]
    [InlineData(48002, PushStatus.Refused)]
    [InlineData(43019, PushStatus.Refused)]
    public async Task A_reason_of_the_recipient_s_is_a_result(int code, PushStatus status)
    {
        await using var host = new ScriptedHost($$"""{"errcode":{{code}},"errmsg":"said"}""");
        Assert.Equal((status, code), (await host.SendAsync()) is var result ? (result.Status, result.ErrorCode!.Value.Value) : default);
    }

    [Theory]
    [InlineData(40037, WeChatErrorClass.Template)]
    [InlineData(43107, WeChatErrorClass.Config)]
    [InlineData(41030, WeChatErrorClass.Config)]
    [InlineData(47003, WeChatErrorClass.Request)]
    [InlineData(45168, WeChatErrorClass.Request)]
    [InlineData(45009, WeChatErrorClass.Quota)]
    [InlineData(48001, WeChatErrorClass.Config)]
    [InlineData(987654, WeChatErrorClass.Request)]
    public async Task What_somebody_has_to_mend_is_thrown(int code, WeChatErrorClass errorClass)
    {
        await using var host = new ScriptedHost($$"""{"errcode":{{code}},"errmsg":"said"}""");
        var failure = await Assert.ThrowsAsync<WeChatApiException>(host.SendAsync);
        Assert.Equal((code, errorClass, Path), (failure.ErrorCode!.Value.Value, failure.ErrorClass, failure.ApiPath));
    }

    [Theory]
    [InlineData("""{"errcode":0,"errmsg":"ok"}""", null)]
    [InlineData("""{"errcode":0,"errmsg":"ok","msgid":2401234567890123456}""", 2401234567890123456)]
    [InlineData("""{"errcode":0,"errmsg":"ok","msgid":"2401234567890123456"}""", 2401234567890123456)]
    public async Task A_success_has_a_message_id_or_none(string answer, long? messageId)
    {
        await using var host = new ScriptedHost(answer);
        var result = await host.SendAsync();
        Assert.Equal((true, messageId), (result.IsSent, result.MessageId));
    }

    [Fact]
    public async Task The_templates_are_listed_added_and_removed()
    {
        await using var town = new Town();
        var template = town.MiniProgram.AddSubscriptionTemplate("订单", Content, "商品:巧克力");
        var listed = Assert.Single(await town.Services.GetRequiredService<ISubscribeTemplateCatalog>().ListAsync());
        Assert.Equal((template.Id, "订单", "商品:巧克力", false), (listed.Id, listed.Title, listed.Example, listed.IsLongTerm));
        Assert.Equal(["thing1", "amount2"], listed.Keys.Select(key => key.Name));

        // One item may come as an object, and a number as text.
        await using var host = new ScriptedHost(
            """{"errcode":0,"errmsg":"ok","data":{"priTmplId":"a","title":"t","content":"x:{{thing1.DATA}}","type":"3"}}""",
            """{"errcode":0,"errmsg":"ok","priTmplId":"b"}""",
            """{"errcode":0,"errmsg":"ok"}""",
            """{"errcode":0,"errmsg":"ok","count":1,"data":[{"kid":1,"name":"商品名称","example":"巧克力","rule":"thing"}]}""",
            """{"errcode":200014,"errmsg":"invalid tid"}""");
        Assert.True(Assert.Single(await host.Catalog.ListAsync()).IsLongTerm);
        Assert.Equal("b", await host.Catalog.AddAsync("99", [1, 2], "下单后"));
        await host.Catalog.RemoveAsync("b");
        Assert.Equal(new SubscribeTemplateKeyword(1, "商品名称", "巧克力", "thing"), Assert.Single(await host.Catalog.ListKeywordsAsync("99&x")));
        Assert.Equal(200014, (await Assert.ThrowsAsync<WeChatApiException>(() => host.Catalog.AddAsync("99", [1, 2], "下单后"))).ErrorCode!.Value.Value);
        Assert.Equal("""{"tid":"99","kidList":[1,2],"sceneDesc":"下单后"}""", host.Bodies[1]);
        Assert.Equal("""{"priTmplId":"b"}""", host.Bodies[2]);
        Assert.EndsWith("&tid=99%26x", host.Queries[3]);
    }

    [Fact]
    public async Task An_answer_without_what_it_is_for_is_none()
    {
        const string Nothing = """{"errcode":0,"errmsg":"ok"}""";
        await using var host = ScriptedHost.WithoutRetries(Nothing, Nothing, Nothing, Nothing, Nothing);
        await ThrowsAsync("addtemplate", "priTmplId", () => host.Catalog.AddAsync("99", [1, 2], "下单后"));
        await ThrowsAsync("gettemplate", "data", () => host.Catalog.ListAsync());
        await ThrowsAsync("getcategory", "data", () => host.Catalog.ListCategoriesAsync());
        await ThrowsAsync("getpubtemplatekeywords", "data", () => host.Catalog.ListKeywordsAsync("99"));
        await ThrowsAsync("getpubtemplatetitles", "data", () => host.Catalog.ListLibraryAsync([2]).GetAsyncEnumerator().MoveNextAsync().AsTask());

        static async Task ThrowsAsync(string api, string missing, Func<Task> call)
        {
            var failure = await Assert.ThrowsAsync<WeChatApiException>(call);
            Assert.Equal("/wxaapi/newtmpl/" + api, failure.ApiPath);
            Assert.Contains(missing, failure.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_library_is_read_page_by_page()
    {
        // One category as an object, ids as text, a page that is shorter than asked for.
        await using var host = new ScriptedHost(
            """{"errcode":0,"errmsg":"ok","data":{"id":"616","name":"公交"}}""",
            """{"errcode":0,"errmsg":"ok","count":3,"data":[{"tid":99,"title":"付款成功通知","type":2,"categoryId":"616"},{"tid":"100","title":"缴费提醒","type":3,"categoryId":616}]}""",
            """{"errcode":0,"errmsg":"ok","count":3,"data":[{"tid":101,"title":"退款通知","type":2,"categoryId":2}]}""",
            """{"errcode":0,"errmsg":"ok","data":[{"tid":99,"title":"付款成功通知","type":2,"categoryId":616}]}""",
            """{"errcode":0,"errmsg":"ok","data":[]}""");
        Assert.Equal([new SubscribeTemplateCategory(616, "公交")], await host.Catalog.ListCategoriesAsync());
        SubscribeLibraryTemplate[] library = [new("99", "付款成功通知", 616, false), new("100", "缴费提醒", 616, true), new("101", "退款通知", 2, false)];
        Assert.Equal(library, await ReadAsync(host.Catalog.ListLibraryAsync([2, 616])));
        Assert.EndsWith("&ids=2%2C616&start=0&limit=30", host.Queries[1]);
        Assert.EndsWith("&ids=2%2C616&start=2&limit=30", host.Queries[2]);

        // Without a count the last page is the empty one.
        Assert.Equal(library[..1], await ReadAsync(host.Catalog.ListLibraryAsync([616])));
        Assert.Throws<ArgumentException>(() => host.Catalog.ListLibraryAsync([]));

        static async Task<List<SubscribeLibraryTemplate>> ReadAsync(IAsyncEnumerable<SubscribeLibraryTemplate> templates)
        {
            var read = new List<SubscribeLibraryTemplate>();
            await foreach (var template in templates)
            {
                read.Add(template);
            }

            return read;
        }
    }

    [Fact]
    public void What_cannot_be_a_message_is_refused_while_it_is_built()
    {
        Assert.Throws<ArgumentException>(() => SubscribeMessage.Create(" "));
        Assert.Throws<InvalidOperationException>(() => SubscribeMessage.Create("t").Build());
        Assert.Throws<ArgumentException>(() => SubscribeMessage.Create("t").Language("de_DE"));
        Assert.Throws<ArgumentException>(() => SubscribeMessage.Create("t").Page(" "));
        Assert.Throws<ArgumentOutOfRangeException>(() => SubscribeMessage.Create("t").State((MiniProgramState)3));
        Assert.Throws<ArgumentException>(() => SubscribeMessage.Create("t").Thing("thing1", "a").Set("thing1", "b"));
    }

    private static ISubscribeMessageSender SenderOf(Town town) => town.Services.GetRequiredService<ISubscribeMessageSender>();

    private static SubscribeMessageBuilder Message(SimulatedTemplate template) =>
        SubscribeMessage.Create(template.Id).Thing("thing1", "巧克力\"半价\"").Amount("amount2", 39.80m);

    /// <summary>A host whose platform gives tokens and then the answers of the test.</summary>
    private sealed class ScriptedHost : HttpMessageHandler, IAsyncDisposable
    {
        private readonly ServiceProvider _services;
        private readonly Queue<string> _answers;

        public ScriptedHost(params string[] answers)
            : this(new WeChatHttpOptions().MaxRetries, answers)
        {
        }

        private ScriptedHost(int retries, string[] answers)
        {
            _answers = new Queue<string>(answers);
            var services = new ServiceCollection();
            services.AddWeChatUnionPush(options =>
            {
                Town.SetCredentials(options);
                options.Http.MaxRetries = retries;
            }).UseStandIn(() => this);
            _services = services.BuildServiceProvider();
        }

        public static ScriptedHost WithoutRetries(params string[] answers) => new(0, answers);

        public List<string> Bodies { get; } = [];

        public List<string> Queries { get; } = [];

        public ISubscribeTemplateCatalog Catalog => _services.GetRequiredService<ISubscribeTemplateCatalog>();

        public Task<PushResult> SendAsync() =>
            _services.GetRequiredService<ISubscribeMessageSender>().SendAsync("o1", SubscribeMessage.Create("t").Thing("thing1", "a").Build());

        public ValueTask DisposeAsync() => _services.DisposeAsync();

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var body = "";
            var isToken = request.RequestUri!.AbsolutePath.EndsWith("token", StringComparison.Ordinal);
            if (request.Content is not null)
            {
                body = await request.Content.ReadAsStringAsync(cancellationToken);
            }

            if (!isToken)
            {
                Bodies.Add(body);
                Queries.Add(request.RequestUri.Query);
            }

            return new HttpResponseMessage(HttpStatusCode.OK)
            {
                Content = new StringContent(isToken ? $$"""{"access_token":"{{Secrets.Marker}}-token","expires_in":7200}""" : _answers.Dequeue()),
            };
        }
    }
}
