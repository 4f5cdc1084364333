using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using WeChat.UnionPush.Testing;
using WeChat.UnionPush.Tests.Api;
using static WeChat.UnionPush.Tests.Api.ScriptedHandler;

namespace WeChat.UnionPush.Tests.Messages;

/// <summary>What is known of a message, and what is not, whatever became of its attempts.</summary>
public sealed class TemplateMessageSenderTests
{
    private const string Done = """{"errcode":0,"errmsg":"ok","msgid":3717005636572528642}""";
    private const string TokenRefused = """{"errcode":40001,"errmsg":"invalid credential"}""";

    private readonly ManualTimeProvider _time = new();
    private readonly DelayWatch _watch;
    private readonly OneToken _tokens = new();

    public TemplateMessageSenderTests() => _watch = new DelayWatch(_time);

    [Fact]
    public async Task A_send_whose_answers_all_get_lost_is_unknown_and_carried_one_id()
    {
        using var handler = Script("lost");
        var result = await SendAsync(handler);
        Assert.Equal(PushStatus.Unknown, result.Status);
        Assert.Null(result.MessageId);
        Assert.NotNull(result.Reason);
        Assert.Equal(5, handler.Count);
        Assert.Matches("^[0-9a-f]{32}$", Assert.Single(Ids(handler).Distinct())!);
    }

    [Theory]
    [InlineData(Done, PushStatus.Sent)]
    [InlineData("""{"errcode":44007,"errmsg":"repeated msg id"}""", PushStatus.Sent)]
    [InlineData("""{"errcode":40241,"errmsg":"The message is duplicate in 60 seconds"}""", PushStatus.Sent)]
    [InlineData("""{"errcode":45009,"errmsg":"reach max api daily quota limit"}""", PushStatus.Unknown)]
    [InlineData("""{"errcode":45011,"errmsg":"api minute-quota reach limit"}""", PushStatus.Unknown)]
    [InlineData("""{"errcode":43117,"errmsg":"too frequently"}""", PushStatus.Unknown)]
    [InlineData("""{"errcode":48004,"errmsg":"api forbidden"}""", PushStatus.Unknown)]
    [InlineData("""{"errcode":-1,"errmsg":"system error"}""", PushStatus.Unknown)]
    [InlineData("""{"errcode":43004,"errmsg":"require subscribe"}""", PushStatus.Unknown)]
    [InlineData("""{"errcode":43101,"errmsg":"user refuse"}""", PushStatus.Unknown)]
    public async Task What_a_repeat_is_answered_tells_what_became_of_the_lost_attempt(string answer, PushStatus status)
    {
        using var handler = Script("lost", answer);
        var result = await SendAsync(handler);
        Assert.Equal(status, result.Status);
        Assert.Equal(answer == Done ? 3717005636572528642 : null, result.MessageId);
        Assert.Equal(status == PushStatus.Sent, result.IsSent);
        Assert.Single(Ids(handler).Distinct());
    }

    [Theory]
    [InlineData("""{"errcode":44007,"errmsg":"repeated msg id"}""", PushStatus.Duplicate)]
    [InlineData("""{"errcode":43117,"errmsg":"too frequently"}""", PushStatus.TooFrequent)]
    [InlineData("""{"errcode":43004,"errmsg":"require subscribe"}""", PushStatus.NotFollowing)]
    public async Task Without_a_lost_attempt_an_answer_means_what_it_says(string answer, PushStatus status)
    {
        using var handler = Script(answer);
        Assert.Equal(status, (await SendAsync(handler)).Status);
        Assert.Equal(1, handler.Count);
    }

    [Theory]
    [InlineData("""{"errcode":47003,"errmsg":"argument invalid! data.thing1.value invalid"}""")]
    [InlineData("""{"errcode":40037,"errmsg":"invalid template_id"}""")]
    public async Task A_message_that_is_wrong_throws_after_a_lost_attempt_too(string answer)
    {
        using var handler = Script("lost", answer);
        await Assert.ThrowsAsync<WeChatApiException>(() => SendAsync(handler));
    }

    [Fact]
    public async Task A_platform_that_stays_busy_has_sent_nothing()
    {
        using var handler = Script("""{"errcode":-1,"errmsg":"system error"}""");
        var failure = await Assert.ThrowsAsync<WeChatApiException>(() => SendAsync(handler));
        Assert.Equal(WeChatErrorClass.Transient, failure.ErrorClass);
        Assert.False(failure.OutcomeUnknown);
        Assert.Equal(5, handler.Count);
    }

    [Fact]
    public async Task A_refused_token_after_a_lost_attempt_is_renewed_and_the_message_repeated_with_its_id()
    {
        using var handler = Script("lost", TokenRefused, Done);
        Assert.True((await SendAsync(handler)).IsSent);
        Assert.Equal(3, handler.Count);
        Assert.Single(Ids(handler).Distinct());
        Assert.Equal("?access_token=token-next", handler.Requests[^1].Address.Query);
    }

    [Theory]
    [InlineData("no token")]
    [InlineData("the same token")]
    [InlineData("too late")]
    [InlineData("refused again")]
    [InlineData("lost again")]
    public async Task A_lost_attempt_stays_unknown_when_no_token_helps(string how)
    {
        _tokens.Renew = (refused, _) =>
        {
            if (how == "too late")
            {
                _time.Advance(TimeSpan.FromMinutes(2));
            }

            return how switch
            {
                "no token" => throw WeChatApiErrors.Create("/cgi-bin/stable_token", 40125, "invalid appsecret"),
                "the same token" => new(refused),
                _ => new(new AccessToken("token-next", DateTimeOffset.MaxValue)),
            };
        };
        using var handler = how == "lost again" ? Script("lost", TokenRefused, "lost") : Script("lost", TokenRefused);
        var result = await SendAsync(handler);
        Assert.Equal(PushStatus.Unknown, result.Status);
        Assert.Equal(how switch { "refused again" => 3, "lost again" => 7, _ => 2 }, handler.Count);
        Assert.Single(Ids(handler).Distinct());
    }

    [Fact]
    public async Task A_refused_token_is_renewed_once_and_never_again()
    {
        using var handler = Script(TokenRefused);
        var failure = await Assert.ThrowsAsync<WeChatApiException>(() => SendAsync(handler));
        Assert.Equal(WeChatErrorClass.TokenInvalid, failure.ErrorClass);
        Assert.Equal(2, handler.Count);
    }

    [Fact]
    public async Task A_token_service_without_another_token_costs_no_second_call()
    {
        _tokens.Renew = (refused, _) => new(new AccessToken(refused.Reveal(), DateTimeOffset.MaxValue));
        using var handler = Script(TokenRefused);
        await Assert.ThrowsAsync<WeChatApiException>(() => SendAsync(handler));
        Assert.Equal(1, handler.Count);
    }

    [Fact]
    public async Task A_token_service_that_gives_null_is_told_so()
    {
        _tokens.Renew = (_, _) => default;
        using var handler = Script(TokenRefused);
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => SendAsync(handler));
        Assert.Contains("provider gave null in place of a token of wx1", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_gives_its_tokens_by_a_delegate()
    {
        var asked = new List<string>();
        await using var source = new Town();
        var own = source.Services.GetRequiredService<IAccessTokenProvider>();
        await using var host = source.Build(builder => builder.UseAccessTokenProvider(async (_, appId, refused, cancellationToken) =>
        {
            asked.Add(refused is null ? $"get {appId}" : $"renew {appId}");
            return refused is null ? await own.GetAsync(appId, cancellationToken) : await own.RenewAsync(appId, refused, cancellationToken);
        }));
        await SendTwiceAsync(source, host);

        Assert.Equal(["get", "get", "renew"], asked.Select(line => line.Split(' ')[0]));
        Assert.All(asked, line => Assert.EndsWith(Town.OfficialAccountAppId, line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_host_gives_its_tokens_by_a_class_with_services_of_its_own()
    {
        await using var source = new Town(services: services => services.AddSingleton(new List<string>()));
        CentralTokens.Source = source.Services.GetRequiredService<IAccessTokenProvider>();
        await using var host = source.Build(builder => builder.UseAccessTokenProvider<CentralTokens>());
        await SendTwiceAsync(source, host);
        Assert.Equal(["get", "get", "renew"], host.GetRequiredService<List<string>>());
    }

    private static async Task SendTwiceAsync(Town source, ServiceProvider host)
    {
        var person = source.Platform.AddPerson();
        person.Follow(source.Account);
        var sender = host.GetRequiredService<ITemplateMessageSender>();
        Assert.True((await sender.SendAsync(person.OpenIdIn(source.Account), source.Message())).IsSent);
        source.Account.AccessTokens.Replace();
        Assert.True((await sender.SendAsync(person.OpenIdIn(source.Account), source.Message("b"))).IsSent);
        Assert.Equal(2, source.Platform.Calls.Count("/cgi-bin/stable_token"));
    }

    /// <summary>Answers one after the other, the last one again and again; <c>lost</c> is a connection that ends without an answer.</summary>
    private static ScriptedHandler Script(params string[] answers) => new((number, _, _) => answers[Math.Min(number, answers.Length) - 1] is "lost"
        ? throw new HttpRequestException(HttpRequestError.ResponseEnded)
        : Task.FromResult(Ok(answers[Math.Min(number, answers.Length) - 1])));

    private static IEnumerable<string?> Ids(ScriptedHandler handler) =>
        handler.Requests.Select(request => JsonDocument.Parse(request.Body).RootElement.GetProperty("client_msg_id").GetString());

    private Task<PushResult> SendAsync(ScriptedHandler handler) => _watch.RunAsync(
        Sender(ScriptedHandler.Api(Transport(handler, _watch), _tokens), _watch).SendAsync("o1", TemplateMessage.Create("t").Set("a", "b").Build()));

    public sealed class CentralTokens(List<string> asked) : IAccessTokenProvider
    {
        public static IAccessTokenProvider? Source { get; set; }

        public ValueTask<AccessToken> GetAsync(string appId, CancellationToken cancellationToken = default)
        {
            asked.Add("get");
            return Source!.GetAsync(appId, cancellationToken);
        }

        public ValueTask<AccessToken> RenewAsync(string appId, AccessToken refused, CancellationToken cancellationToken = default)
        {
            asked.Add("renew");
            return Source!.RenewAsync(appId, refused, cancellationToken);
        }
    }
}
