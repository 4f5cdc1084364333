using System.Text;
using System.Text.Json;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Messages;

/// <summary>Lists of templates and of blocked messages whose answers lack something.</summary>
public sealed class TemplateAnswersTests : IAsyncDisposable
{
    private const string Templates = "/cgi-bin/template/get_all_private_template";
    private const string Blocked = "/wxa/sec/queryblocktmplmsg";
    private const string Industries = "/cgi-bin/template/get_industry";
    private const string Add = "/cgi-bin/template/api_add_template";
    private const string Subscriptions = "/wxaapi/newtmpl/gettemplate";

    private readonly Town _town = new(configure: options => options.Http.MaxRetries = 0);

    [Fact]
    public async Task The_export_has_all_members_of_each_template_and_empty_ones_where_the_answer_lacks_them()
    {
        Answer(Templates, """
            {"template_list":[{"template_id":"A","title":"标题","primary_industry":"IT科技","deputy_industry":"互联网",
            "content":"商品:{{thing1.DATA}}","example":"商品:巧克力"},
            {"template_id":"B"},{"title":"no id"},null]}
            """);
        var catalog = _town.Services.GetRequiredService<ITemplateCatalog>();
        using var output = new MemoryStream();
        await catalog.ExportAsync(output);
        using var json = JsonDocument.Parse(output.ToArray());
        Assert.Equal(
            [
                """template_id=A title=标题 primary_industry=IT科技 deputy_industry=互联网 content=商品:{{thing1.DATA}} example=商品:巧克力""",
                "template_id=B title= primary_industry= deputy_industry= content= example=",
            ],
            Members(json.RootElement.GetProperty("template_list")));

        var (known, bare) = ((await catalog.FindAsync("A"))!, (await catalog.FindAsync("B"))!);
        Assert.Equal(("标题", "IT科技", "互联网", "商品:巧克力"), (known.Title, known.PrimaryIndustry, known.DeputyIndustry, known.Example));
        Assert.Equal(("", "", null, null, null), (bare.Title, bare.Content, bare.PrimaryIndustry, bare.DeputyIndustry, bare.Example));
    }

    [Fact]
    public async Task The_export_of_subscription_templates_has_all_members_too()
    {
        Answer(Subscriptions, """
            {"errcode":0,"errmsg":"ok","data":[{"priTmplId":"A","title":"标题","content":"商品:{{thing1.DATA}}","example":"商品:巧克力","type":3},
            {"priTmplId":"B","title":"t","content":"c","type":2}]}
            """);
        using var output = new MemoryStream();
        await _town.Services.GetRequiredService<ISubscribeTemplateCatalog>().ExportAsync(output);
        using var json = JsonDocument.Parse(output.ToArray());
        Assert.Equal(
            ["priTmplId=A title=标题 content=商品:{{thing1.DATA}} example=商品:巧克力 type=3", "priTmplId=B title=t content=c example= type=2"],
            Members(json.RootElement.GetProperty("data")));
    }

    [Fact]
    public async Task A_blocked_message_without_its_members_has_empty_ones_and_the_template_that_was_asked_for()
    {
        Answer(Blocked, """
            {"errcode":0,"errmsg":"ok","msginfo":[{"id":7,"tmpl_msg_id":"X","title":"标题","content":"内容","send_timestamp":1700000000,"openid":"oA"},{"id":5}]}
            """);
        var blocked = await BlockedAsync();
        Assert.Equal(
            [
                new BlockedTemplateMessage(7, "X", "标题", "内容", "oA", DateTimeOffset.FromUnixTimeSeconds(1_700_000_000)),
                new BlockedTemplateMessage(5, "T", "", "", "", DateTimeOffset.UnixEpoch),
            ],
            blocked);
        var body = JsonDocument.Parse(Assert.Single(_town.Platform.Calls.Recent(Blocked)).Body).RootElement;
        Assert.Equal(("T", 0, 100), (body.GetProperty("tmpl_msg_id").GetString(), body.GetProperty("largest_id").GetInt64(), body.GetProperty("limit").GetInt32()));
    }

    [Theory]
    [InlineData(99, 1)]
    [InlineData(100, 2)]
    public async Task A_full_page_of_blocked_messages_is_followed_by_another_question_behind_the_largest_id(int count, int calls)
    {
        var page = string.Join(',', Enumerable.Range(1, count).Select(static id => $$"""{"id":{{id}}}"""));
        var pages = new Queue<string>([$$"""{"errcode":0,"msginfo":[{{page}}]}""", """{"errcode":0}"""]);
        _town.Platform.Faults.Add(SimulatedFault.Body(_ => Encoding.UTF8.GetBytes(pages.Dequeue())).On(Blocked));
        Assert.Equal(count, (await BlockedAsync()).Count);
        var asked = _town.Platform.Calls.Recent(Blocked).Select(static call => JsonDocument.Parse(call.Body).RootElement.GetProperty("largest_id").GetInt64()).Order();
        Assert.Equal(calls == 1 ? [0L] : [0L, 100L], asked);
    }

    [Fact]
    public async Task A_page_that_brings_nothing_new_ends_the_list()
    {
        var page = string.Join(',', Enumerable.Repeat("""{"id":1}""", 100));
        Answer(Blocked, $$"""{"errcode":0,"msginfo":[{{page}}]}""");
        Assert.Equal(200, (await BlockedAsync()).Count);
        Assert.Equal(2, _town.Platform.Calls.Count(Blocked));
    }

    [Theory]
    [InlineData("""{"primary_industry":{"first_class":"IT科技","second_class":"互联网"},"secondary_industry":{"first_class":"餐饮"}}""", "IT科技 / 互联网", "餐饮")]
    [InlineData("""{"primary_industry":{"second_class":"互联网"},"secondary_industry":{}}""", "互联网", "")]
    [InlineData("""{"primary_industry":{"first_class":"","second_class":"互联网"},"secondary_industry":null}""", "互联网", "")]
    [InlineData("""{"primary_industry":{"first_class":"IT科技","second_class":""}}""", "IT科技", "")]
    public async Task An_industry_is_named_as_far_as_it_is_told(string answer, string primary, string secondary)
    {
        Answer(Industries, answer);
        Assert.Equal(new TemplateIndustries(primary, secondary), await _town.Services.GetRequiredService<ITemplateCatalog>().GetIndustriesAsync());
    }

    [Theory]
    [InlineData(Templates, "template_list")]
    [InlineData(Industries, "primary_industry")]
    [InlineData(Add, "template_id")]
    [InlineData(Subscriptions, "data")]
    public async Task An_answer_without_what_it_is_for_is_none(string path, string missing)
    {
        Answer(path, """{"errcode":0,"errmsg":"ok"}""");
        var catalog = _town.Services.GetRequiredService<ITemplateCatalog>();
        var failure = await Assert.ThrowsAsync<WeChatApiException>(() => path switch
        {
            Templates => catalog.ListAsync().AsTask(),
            Industries => catalog.GetIndustriesAsync(),
            Add => catalog.AddAsync("TM00001"),
            _ => _town.Services.GetRequiredService<ISubscribeTemplateCatalog>().ListAsync(),
        });
        Assert.Equal(path, failure.ApiPath);
        Assert.Contains(missing, failure.Message, StringComparison.Ordinal);
    }

    public ValueTask DisposeAsync() => _town.DisposeAsync();

    private static IEnumerable<string> Members(JsonElement list) =>
        list.EnumerateArray().Select(static item => string.Join(' ', item.EnumerateObject().Select(static member => $"{member.Name}={member.Value}")));

    private void Answer(string path, string body) => _town.Platform.Faults.Add(SimulatedFault.Body(_ => Encoding.UTF8.GetBytes(body)).On(path));

    private async Task<List<BlockedTemplateMessage>> BlockedAsync()
    {
        var blocked = new List<BlockedTemplateMessage>();
        await foreach (var message in _town.Services.GetRequiredService<ITemplateCatalog>().ListBlockedAsync("T"))
        {
            blocked.Add(message);
        }

        return blocked;
    }
}
