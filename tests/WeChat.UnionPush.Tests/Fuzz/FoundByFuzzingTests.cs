using System.Globalization;
using System.Text;
using System.Text.Json;

namespace WeChat.UnionPush.Tests.Fuzz;

/// <summary>Faults that fuzzing has found, one by one.</summary>
public sealed class FoundByFuzzingTests
{
    private const int MaxAllocatedForByte = 100;

    private static readonly string Deep = $"\"tomorrow\":{new string('[', 500)}{new string(']', 500)}";

    [Fact]
    public void A_deep_member_that_nobody_knows_costs_no_answer_about_subscribe_messages_and_codes()
    {
        Assert.Equal("t", ((SubscribeTemplateAddAnswer)Read(SubscribeEndpoints.TemplateAdd, $$"""{"priTmplId":"t",{{Deep}}}""")!).TemplateId);
        Assert.Equal(1, ((SubscribeSendAnswer)Read(SubscribeEndpoints.Send, $$"""{"msgid":1,{{Deep}}}""")!).MessageId);
        Assert.Equal("a", ((QrCodeAnswer)Read(LinkEndpoints.CreateQrCode, $$"""{"ticket":"a",{{Deep}}}""")!).Ticket);
    }

    [Fact]
    public void A_page_that_names_its_openids_again_and_again_allocates_no_list_of_a_page_each_time()
    {
        var lists = string.Join(',', Enumerable.Repeat("""{"x":0},"data":{"openid":["o1"]}""", 2_000).Select(list => $"\"a\":{list}"));
        AssertAllocatesLittle(FollowerEndpoints.UserGet, "{" + lists + "}");
    }

    [Fact]
    public void A_batch_that_names_its_followers_again_and_again_allocates_no_list_of_a_batch_each_time() =>
        AssertAllocatesLittle(FollowerEndpoints.UserInfoBatch, "{" + string.Join(',', Enumerable.Repeat("\"user_info_list\":[null]", 5_000)) + "}");

    [Theory]
    [InlineData(1023)]
    [InlineData(1024)]
    [InlineData(1025)]
    [InlineData(10_001)]
    public void All_openids_of_a_page_are_read_whatever_room_its_list_begins_with(int count)
    {
        var ids = Enumerable.Range(0, count).Select(id => id.ToString(CultureInfo.InvariantCulture)).ToArray();
        var page = (FollowerPageAnswer)Read(FollowerEndpoints.UserGet, $$$"""{"data":{"openid":["{{{string.Join("\",\"", ids)}}}"]}}""")!;
        Assert.Equal(ids, page.Data!.OpenIds);
    }

    [Fact]
    public void A_template_of_a_million_places_on_one_line_is_read()
    {
        // Looking back to the line's beginning for each is work for hours, which the limit of a hanging test ends.
        var content = new StringBuilder().Insert(0, "{{a.DATA}}", 1_000_000).ToString();
        Assert.Equal(1_000_000, new MessageTemplate("t", "title", content).Places.Count);
    }

    [Theory]
    [InlineData("""{"t":"t","f":[[]]}""")]
    [InlineData("""{"t":"t","f":[["a"]]}""")]
    [InlineData("""{"t":"t","f":[["a",null]]}""")]
    [InlineData("""{"t":"t","f":[null]}""")]
    [InlineData("""{"t":"t","f":null}""")]
    [InlineData("""{"t":null,"f":[]}""")]
    [InlineData("""{"t":"t","f":[],"x":{"t":"t","f":[["a"]]}}""")]
    [InlineData("null")]
    public void A_stored_message_that_is_none_is_refused_as_such(string json)
    {
        Assert.Throws<JsonException>(() => StoredMessage.Read(json).ToMessage());
        Assert.Throws<JsonException>(() => HeldMessage.Read($$"""[{"m":{{json}},"e":1}]""").ConvertAll(static held => held.ToMessage()));
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[null]")]
    [InlineData("""[{"m":null,"e":1}]""")]
    public void Held_messages_that_are_none_are_refused_as_such(string json) => Assert.Throws<JsonException>(() => HeldMessage.Read(json));

    [Fact]
    public void A_scene_and_a_held_message_with_the_smallest_time_are_read_again()
    {
        var scene = new FollowLinkScene { MiniProgramAppId = "wx1", OpenId = "o1", ExpiresAt = 0 };
        Assert.Equal(scene, FollowLinkScene.Read(scene.Write()));
        var held = HeldMessage.Of(TemplateMessage.Create("t").Set("a", "b").Build(), DateTimeOffset.UnixEpoch);
        Assert.Equal(0, Assert.Single(HeldMessage.Read(HeldMessage.Write([held]))).ExpiresAt);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("""{"a":null,"u":"o","e":1}""")]
    public void A_stored_scene_that_is_none_is_refused_as_such(string json) => Assert.Throws<JsonException>(() => FollowLinkScene.Read(json));

    [Fact]
    public void A_stored_broadcast_or_report_that_is_none_is_refused_as_such()
    {
        Assert.Throws<JsonException>(() => BroadcastContent.Read("null"));
        Assert.Throws<JsonException>(() => BroadcastReport.FromJson("null"));
        Assert.Throws<JsonException>(() => BroadcastReport.FromJson("""{"name":"n","state":"Running","counts":null}"""));
    }

    // A number of too many digits is read as infinity: nothing would stop the run, and the content could not be written again.
    [Theory]
    [InlineData("0.1e992")]
    [InlineData("-1e999")]
    [InlineData("1.01")]
    [InlineData("-0.01")]
    public void A_stored_broadcast_with_a_share_that_is_none_is_refused_as_such(string share)
    {
        var refused = Assert.Throws<JsonException>(() => BroadcastContent.Read($$"""{"stopAtFailureShare":{{share}}}"""));
        Assert.Contains("stopAtFailureShare", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1", 1)]
    [InlineData("0.5", 0.5)]
    [InlineData("0", 0)]
    public void A_stored_share_is_read_as_it_was_written(string share, double expected) =>
        Assert.Equal(expected, BroadcastContent.Read($$"""{"stopAtFailureShare":{{share}}}""").StopAtFailureShare);

    [Fact]
    public void A_stored_report_without_counts_has_none()
    {
        var report = BroadcastReport.FromJson("""{"name":"n","state":"Running"}""");
        Assert.Equal(new BroadcastCounts(), report.Counts);
        Assert.Contains("n: Running", report.ToText(), StringComparison.Ordinal);
    }

    private static ApiAnswer? Read(ApiEndpoint endpoint, string answer) => endpoint.Read(Encoding.UTF8.GetBytes(answer));

    private static void AssertAllocatesLittle(ApiEndpoint endpoint, string answer)
    {
        var bytes = Encoding.UTF8.GetBytes(answer);
        Assert.NotNull(endpoint.Read(bytes));
        var before = GC.GetAllocatedBytesForCurrentThread();
        endpoint.Read(bytes);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MaxAllocatedForByte * bytes.Length);
    }
}
