using System.Text;
using Microsoft.Extensions.DependencyInjection;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Messages;

public sealed class TemplateCatalogTests
{
    private const string ListPath = "/cgi-bin/template/get_all_private_template";
    private const string SendPath = "/cgi-bin/message/template/send";

    [Fact]
    public async Task The_list_is_kept_for_its_lifetime_and_fetched_once_by_many()
    {
        await using var town = new Town();
        var catalog = Catalog(town);
        using (var gate = town.Platform.Hold(ListPath))
        {
            var calls = Enumerable.Range(0, 50).Select(_ => Task.Run(() => catalog.ListAsync().AsTask())).ToArray();
            await gate.WaitForCallsAsync(1);
            gate.Open();
            Assert.All(await Task.WhenAll(calls), list => Assert.Equal(2, list.Count));
        }

        var template = await catalog.FindAsync(town.Template.Id);
        Assert.Equal(["thing1", "amount2", "time3"], template!.Keys.Select(key => key.Name));
        Assert.Equal(["商品名称", "支付金额", "支付时间"], template.Keys.Select(key => key.Label));
        Assert.False(template.IsHistorical);
        Assert.True((await catalog.FindAsync(town.Classic.Id))!.IsHistorical);
        Assert.Null(await catalog.FindAsync("no-such-template"));
        Assert.Equal(1, town.Platform.Calls.Count(ListPath));

        town.Time.Advance(TimeSpan.FromHours(1));
        await catalog.ListAsync();
        Assert.Equal(2, town.Platform.Calls.Count(ListPath));
        await catalog.ListAsync(refresh: true);
        Assert.Equal(3, town.Platform.Calls.Count(ListPath));
    }

    [Fact]
    public async Task Templates_are_added_from_the_library_and_removed()
    {
        await using var town = new Town();
        var catalog = Catalog(town);
        town.Platform.AddLibraryTemplate("47123", "退款通知", ("退款商品", "thing"), ("退款金额", "amount"), ("退款　原因", "thing"));
        await catalog.ListAsync();

        var id = await catalog.AddAsync("47123", ["退款商品", "退款　原因"]);
        Assert.Equal(2, (await catalog.FindAsync(id))!.Keys.Length);
        await catalog.RemoveAsync(id);
        Assert.Null(await catalog.FindAsync(id));
        Assert.Equal(40037, (await Assert.ThrowsAsync<WeChatApiException>(() => catalog.RemoveAsync(id))).ErrorCode!.Value.Value);
        Assert.Equal(40246, (await Assert.ThrowsAsync<WeChatApiException>(() => catalog.AddAsync("47123", ["没有的"]))).ErrorCode!.Value.Value);
        Assert.Contains("退款　原因", Encoding.UTF8.GetString(town.Platform.Calls.Recent("/cgi-bin/template/api_add_template")[0].Body.Span), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Changing_industries_demands_the_word_that_templates_are_deleted()
    {
        await using var town = new Town();
        var catalog = Catalog(town);
        await catalog.GetIndustriesAsync();

        await Assert.ThrowsAsync<ArgumentException>(() => catalog.SetIndustriesAsync(1, 4, deleteTemplatesOfFormerIndustries: false));
        Assert.Equal(0, town.Platform.Calls.Count("/cgi-bin/template/api_set_industry"));
        await catalog.SetIndustriesAsync(1, 4, deleteTemplatesOfFormerIndustries: true);
        Assert.Equal((1, 4), town.Account.Industry);
        Assert.NotEmpty((await catalog.GetIndustriesAsync()).Primary);
        Assert.Equal(43100, (await Assert.ThrowsAsync<WeChatApiException>(() => catalog.SetIndustriesAsync(2, 4, deleteTemplatesOfFormerIndustries: true))).ErrorCode!.Value.Value);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(250)]
    public async Task Blocked_messages_are_listed_whatever_shape_the_answer_has(int count)
    {
        await using var town = new Town();
        var person = await town.AddReachablePersonAsync();
        town.Template.State = SimulatedTemplateState.ContentBlocked;
        for (var i = 0; i < count; i++)
        {
            await Assert.ThrowsAsync<WeChatApiException>(() => town.Push.PushAsync(person.OpenIdIn(town.MiniProgram), town.Message($"第{i}条")));
        }

        var blocked = new List<BlockedTemplateMessage>();
        await foreach (var message in Catalog(town).ListBlockedAsync(town.Template.Id))
        {
            blocked.Add(message);
        }

        Assert.Equal(count, blocked.Count);
        Assert.Equal(count, blocked.Select(message => message.Id).Distinct().Count());
        Assert.All(blocked, message => Assert.Equal(person.OpenIdIn(town.Account), message.OpenId));
    }

    [Fact]
    public async Task A_wrong_message_is_not_sent_and_every_problem_is_named()
    {
        await using var town = new Town(configure: options => options.TemplateMessages.ValidateAgainstCatalog = true);
        var person = await town.AddReachablePersonAsync();
        var wrong = TemplateMessage.Create(town.Template.Id).Thing("thing01", "巧克力").Amount("amount2", 39.8m).Build();

        var exception = await Assert.ThrowsAsync<TemplateMessageException>(() => town.Push.PushAsync(person.OpenIdIn(town.MiniProgram), wrong));

        Assert.Contains(exception.Problems, problem => problem is { Key: "thing01", Rule: TemplateMessageRule.UnknownKey, Suggestion: "thing1" });
        Assert.Contains(exception.Problems, problem => problem is { Key: "time3", Rule: TemplateMessageRule.MissingKey });
        Assert.Equal(0, town.Platform.Calls.Count(SendPath));
        Assert.True((await town.Push.PushAsync(person.OpenIdIn(town.MiniProgram), town.Message())).IsSent);
        Assert.Equal(1, town.Platform.Calls.Count(ListPath));
    }

    [Fact]
    public async Task Values_are_rejected_trimmed_or_passed_by_choice_of_the_registration_and_of_the_message()
    {
        const string Long = "一二三四五六七八九十一二三四五六七八九十一";
        await using var rejecting = new Town();
        await using var trimming = new Town(configure: options => options.TemplateMessages.WhenValuesDoNotFit = TemplateValuePolicy.Trim);
        foreach (var town in new[] { rejecting, trimming })
        {
            var person = await town.AddReachablePersonAsync();
            var openId = person.OpenIdIn(town.MiniProgram);
            if (town == rejecting)
            {
                await Assert.ThrowsAsync<TemplateMessageException>(() => town.Push.PushAsync(openId, Message(town, null)));
                Assert.True((await town.Push.PushAsync(openId, Message(town, TemplateValuePolicy.Trim))).IsSent);
            }
            else
            {
                Assert.True((await town.Push.PushAsync(openId, Message(town, null))).IsSent);
                await Assert.ThrowsAsync<TemplateMessageException>(() => town.Push.PushAsync(openId, Message(town, TemplateValuePolicy.Reject)));
            }

            Assert.Equal(Long[..19] + "…", town.Account.MessagesTo(person)[0].Values["thing1"]);
            var refused = await Assert.ThrowsAsync<WeChatApiException>(() => town.Push.PushAsync(openId, Message(town, TemplateValuePolicy.PassThrough)));
            Assert.Equal(47003, refused.ErrorCode!.Value.Value);
            Assert.Equal("thing1", refused.Field);
        }

        static TemplateMessage Message(Town town, TemplateValuePolicy? policy)
        {
            var message = TemplateMessage.Create(town.Template.Id).Thing("thing1", Long).Amount("amount2", 1m).Time("time3", town.Time.GetUtcNow());
            return (policy is { } choice ? message.WhenValuesDoNotFit(choice) : message).Build();
        }
    }

    [Fact]
    public async Task A_refused_template_throws_the_copy_away()
    {
        await using var town = new Town(configure: options => options.TemplateMessages.ValidateAgainstCatalog = true);
        var person = await town.AddReachablePersonAsync();
        await Catalog(town).ListAsync();
        var removed = TemplateMessage.Create(town.Classic.Id).Set("keyword1", "a").Set("keyword2", "b").Set("keyword3", "c").Build();
        await town.Services.GetRequiredService<ITemplateCatalog>().ListAsync();
        using (var other = town.Build())
        {
            await other.GetRequiredService<ITemplateCatalog>().RemoveAsync(town.Classic.Id);
        }

        Assert.Equal(40037, (await Assert.ThrowsAsync<WeChatApiException>(() => town.Push.PushAsync(person.OpenIdIn(town.MiniProgram), removed))).ErrorCode!.Value.Value);
        Assert.Null(await Catalog(town).FindAsync(town.Classic.Id));
        Assert.Equal(2, town.Platform.Calls.Count(ListPath));
    }

    [Fact]
    public async Task The_export_is_the_file_the_generator_reads()
    {
        await using var town = new Town();
        using var stream = new MemoryStream();

        await Catalog(town).ExportAsync(stream);

        var json = Encoding.UTF8.GetString(stream.ToArray());
        Assert.Contains("\"title\": \"订单支付成功通知\"", json, StringComparison.Ordinal);
        Assert.Contains("{{thing1.DATA}}\\n", json, StringComparison.Ordinal);
        using var parsed = System.Text.Json.JsonDocument.Parse(json);
        Assert.Equal(2, parsed.RootElement.GetProperty("template_list").GetArrayLength());
    }

    private static ITemplateCatalog Catalog(Town town) => town.Services.GetRequiredService<ITemplateCatalog>();
}
