using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Messages;

/// <summary>Reports of consents, and what a send takes and gives back.</summary>
public sealed class SubscribeConsentsTests : IAsyncDisposable
{
    private const string Send = "/cgi-bin/message/subscribe/send";

    private readonly Town _town = new();
    private readonly SimulatedTemplate _template;
    private readonly SimulatedPerson _person;

    public SubscribeConsentsTests()
    {
        _template = _town.MiniProgram.AddSubscriptionTemplate("订单", "商品:{{thing1.DATA}}");
        _person = _town.Platform.AddPerson();
    }

    private ISubscribeConsents Consents => _town.Services.GetRequiredService<ISubscribeConsents>();

    private string OpenId => _person.OpenIdIn(_town.MiniProgram);

    [Theory]
    [InlineData(20, null, null)]
    [InlineData(20, 20, null)]
    [InlineData(21, null, "answers")]
    [InlineData(21, 21, "answers")]
    [InlineData(1, 21, "kept")]
    [InlineData(0, 0, null)]
    public async Task A_report_has_twenty_templates_at_most(int answers, int? kept, string? refused)
    {
        var failure = await Record.ExceptionAsync(() => Consents.ReportAsync(OpenId, Choices(answers), kept is { } count ? Choices(count) : null));
        Assert.Equal(refused, (failure as ArgumentException)?.ParamName);
        Assert.Equal(refused is null, failure is null);
        Assert.Equal(refused is null && answers > 0 ? 1 : 0, (await Consents.GetAsync(OpenId, "T0")).Credits);

        static Dictionary<string, string> Choices(int count) => Enumerable.Range(0, count).ToDictionary(static i => $"T{i}", static _ => "accept", StringComparer.Ordinal);
    }

    [Fact]
    public async Task A_credit_is_used_up_by_a_send_and_given_back_where_nothing_was_sent()
    {
        await TapAsync();
        await TapAsync();
        _town.Platform.Faults.Add(SimulatedFault.Error(45009, "reach max api daily quota limit").On(Send).Times(1));
        await Assert.ThrowsAsync<WeChatApiException>(SendAsync);
        Assert.Equal(2, await CreditsAsync());
        Assert.True((await SendAsync()).IsSent);
        Assert.Equal(1, await CreditsAsync());
    }

    [Fact]
    public async Task Without_a_known_credit_it_is_sent_all_the_same_and_a_refusal_gives_none()
    {
        _town.Platform.Faults.Add(SimulatedFault.Error(40003, "invalid openid").On(Send).Times(1));
        await SendAsync();
        Assert.Equal(0, await CreditsAsync());
    }

    [Fact]
    public async Task A_refusal_by_the_user_empties_what_was_counted()
    {
        await TapAsync();
        await TapAsync();
        _person.TurnOffSubscription(_town.MiniProgram, _template);
        Assert.Equal(43101, (await SendAsync()).ErrorCode!.Value.Value);
        Assert.Equal(0, await CreditsAsync());
    }

    [Fact]
    public async Task A_lost_answer_leaves_the_credit_taken_and_the_outcome_unknown()
    {
        await TapAsync();
        _town.Platform.Faults.Add(SimulatedFault.ConnectionReset().AfterProcessing().On(Send).Times(1));
        var result = await SendAsync();
        Assert.Equal(PushStatus.Unknown, result.Status);
        Assert.NotEmpty(result.Reason!);
        Assert.Equal(0, await CreditsAsync());
    }

    [Theory]
    [InlineData("{}", false)]
    [InlineData("""{"errmsg":"ok"}""", false)]
    [InlineData("""{"msgid":7}""", true)]
    [InlineData("""{"errcode":0}""", true)]
    public async Task An_answer_that_says_neither_a_code_nor_an_id_is_none(string answer, bool isOne)
    {
        _town.Platform.Faults.Add(SimulatedFault.Body(_ => System.Text.Encoding.UTF8.GetBytes(answer)).On(Send));
        Assert.Equal(isOne ? PushStatus.Sent : PushStatus.Unknown, (await SendAsync()).Status);
    }

    [Fact]
    public void A_message_that_fits_is_the_same_for_every_policy_and_one_that_is_cut_is_a_copy()
    {
        var fits = SubscribeMessage.Create("T").Thing("thing1", "a").Build();
        Assert.All(Enum.GetValues<TemplateValuePolicy>(), policy => Assert.Same(fits, fits.Prepare(policy)));

        var tooLong = SubscribeMessage.Create("T").Thing("thing1", new string('汉', 21)).Page("pages/a").Language("en_US").Build();
        Assert.Same(tooLong, tooLong.Prepare(TemplateValuePolicy.PassThrough));
        Assert.Throws<TemplateMessageException>(() => tooLong.Prepare(TemplateValuePolicy.Reject));
        var cut = tooLong.Prepare(TemplateValuePolicy.Trim);
        Assert.Equal((new string('汉', 19) + "…", "pages/a", "en_US"), (cut.Fields[0].Value, cut.Page, cut.Language));
        Assert.Throws<TemplateMessageException>(() => tooLong.Prepare(TemplateValuePolicy.Reject));
    }

    [Theory]
    [InlineData(TemplateValuePolicy.Reject, TemplateProblemSeverity.Error)]
    [InlineData(TemplateValuePolicy.PassThrough, TemplateProblemSeverity.Warning)]
    public void The_message_s_own_policy_counts_before_the_one_that_is_given(TemplateValuePolicy own, TemplateProblemSeverity severity)
    {
        var message = SubscribeMessage.Create("T").Thing("thing1", new string('汉', 21)).WhenValuesDoNotFit(own).Build();
        foreach (var policy in (TemplateValuePolicy[])[TemplateValuePolicy.Reject, TemplateValuePolicy.PassThrough])
        {
            Assert.Equal(severity, Assert.Single(message.Validate(policy: policy)).Severity);
        }
    }

    public ValueTask DisposeAsync() => _town.DisposeAsync();

    private async Task TapAsync()
    {
        _person.AnswerSubscription(_town.MiniProgram, _template);
        await Consents.ReportAsync(OpenId, new Dictionary<string, string> { [_template.Id] = "accept" });
    }

    private async Task<long> CreditsAsync() => (await Consents.GetAsync(OpenId, _template.Id)).Credits;

    private Task<PushResult> SendAsync() =>
        _town.Services.GetRequiredService<ISubscribeMessageSender>().SendAsync(OpenId, SubscribeMessage.Create(_template.Id).Thing("thing1", "巧克力").Build());
}
