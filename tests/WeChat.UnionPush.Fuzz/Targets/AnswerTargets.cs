using System.Reflection;
using System.Text;
using System.Text.Json;

namespace WeChat.UnionPush.Fuzz;

/// <summary>The readers of all APIs' answers: one target for each kind of answer.</summary>
internal static class AnswerTargets
{
    private static readonly Dictionary<string, string[]> Seeds = new(StringComparer.Ordinal)
    {
        [nameof(DoneAnswer)] = ["""{"errcode":0,"errmsg":"ok"}""", """{"errcode":"40001","errmsg":"invalid credential rid: 6401d3a9-2c8f6a11-0f0e1d2c"}"""],
        [nameof(AccessTokenAnswer)] = ["""{"access_token":"98_abc","expires_in":7200}""", """{"access_token":"98_abc","expires_in":"7.2e3"}"""],
        [nameof(FollowerPageAnswer)] =
            ["""{"total":2,"count":2,"data":{"openid":["o1","o2"]},"next_openid":"o2"}""", """{"total":0,"count":0,"data":"","next_openid":""}"""],
        [nameof(FollowerAnswer)] =
            ["""{"subscribe":1,"openid":"o1","unionid":" u1","subscribe_time":1434093047,"remark":"备注","tagid_list":[128,2],"""
                + "\"subscribe_scene\":\"ADD_SCENE_QR_CODE\",\"qr_scene\":98765,\"qr_scene_str\":\"\",\"errcode\":0,\"errmsg\":\"ok\"}"],
        [nameof(FollowerBatchAnswer)] =
            ["""{"user_info_list":[{"subscribe":1,"openid":"o1","unionid":"u1","tagid_list":[]},{"subscribe":0,"openid":"o2"},null]}""",
                """{"user_info_list":[],"errcode":40003}"""],
        [nameof(MessageAnswer)] = ["""{"errcode":0,"errmsg":"ok","msgid":3717005636572528642}""", """{"errcode":47003,"errmsg":"argument invalid!","msgid":""}"""],
        [nameof(SessionAnswer)] = ["""{"openid":"o1","session_key":"tiihtNczf5v6AKRyjwEUhQ==","unionid":"u1","errcode":0}"""],
        [nameof(TemplateListAnswer)] =
            ["""{"template_list":[{"template_id":"t","title":"订单","primary_industry":"IT","deputy_industry":"","content":"{{thing1.DATA}}","example":""},null]}"""],
        [nameof(TemplateAddAnswer)] = ["""{"errcode":0,"errmsg":"ok","template_id":"t"}"""],
        [nameof(IndustryAnswer)] =
            ["""{"primary_industry":{"first_class":"运输与仓储","second_class":"快递"},"secondary_industry":{"first_class":"IT科技","second_class":"互联网"}}"""],
        [nameof(BlockedAnswer)] =
            ["""{"errcode":0,"msginfo":{"id":1,"tmpl_msg_id":"t","title":"a","content":"b","send_timestamp":1635156704,"openid":"o1"}}""",
                """{"errcode":0,"msginfo":[{"id":"1"},null]}"""],
        [nameof(SubscribeSendAnswer)] = ["""{"errcode":0,"errmsg":"ok","msgid":"1"}"""],
        [nameof(SubscribeTemplateListAnswer)] = ["""{"data":[{"priTmplId":"t","title":"a","content":"{{thing1.DATA}}","example":"b","type":2},null],"errcode":0}"""],
        [nameof(SubscribeTemplateAddAnswer)] = ["""{"errcode":0,"priTmplId":"t"}"""],
        [nameof(SubscribeCategoriesAnswer)] = ["""{"data":[{"id":616,"name":"公交"}],"errcode":0}"""],
        [nameof(SubscribeLibraryAnswer)] = ["""{"count":1,"data":[{"tid":99,"title":"付款","type":2,"categoryId":"616"}],"errcode":0}"""],
        [nameof(SubscribeKeywordsAnswer)] = ["""{"data":{"kid":1,"name":"物品","example":"名称","rule":"thing"},"errcode":0}"""],
        ["QuotaAnswer"] = ["""{"errcode":0,"errmsg":"ok","quota":{"daily_limit":500,"used":1,"remain":499},"rate_limit":{"call_count":10,"refresh_second":60}}"""],
        ["RequestAnswer"] =
            ["""{"errcode":0,"request":{"invoke_time":1635156704,"cost_in_ms":30,"request_url":"a=b","request_body":"","response_body":"{}","client_ip":"1.2.3.4"}}"""],
        ["CallbackCheckAnswer"] =
            ["""{"dns":[{"ip":"1.1.1.1","real_operator":"UNICOM"},null],"ping":[{"ip":"1.1.1.1","from_operator":"CAP","package_loss":"0%","time":"23.079ms"},null]}"""],
        ["AddressesAnswer"] = ["""{"ip_list":["101.89.47.18",null]}"""],
        [nameof(QrCodeAnswer)] = ["""{"ticket":"gQH47joAAAAAAAAAASxodHRw","expire_seconds":600,"url":"http://weixin.qq.com/q/kZgfwMTm72WWPkovabbI"}"""],
    };

    /// <summary>All endpoints of the library, found and not listed, so that a new one has a target from its first day.</summary>
    public static IEnumerable<FuzzTarget> All() =>
        from type in typeof(ApiEndpoint).Assembly.GetTypes()
        where type.Name.EndsWith("Endpoints", StringComparison.Ordinal)
        from field in type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)
        where field.FieldType.IsSubclassOf(typeof(ApiEndpoint))
        group (ApiEndpoint)field.GetValue(null)! by field.FieldType.GenericTypeArguments[0] into readers
        orderby readers.Key.Name
        select Of(readers.Key, readers.First());

    private static FuzzTarget Of(Type type, ApiEndpoint endpoint)
    {
        var seeds = Seeds.TryGetValue(type.Name, out var known)
            ? known
            : throw new InvalidOperationException($"{nameof(AnswerTargets)}.{nameof(Seeds)} needs an answer that {type.Name} is made for.");
        return new FuzzTarget(
            $"answer-{type.Name[..^"Answer".Length]}",
            input => () => endpoint.Read(input),
            (input, outcome) => Check(type, endpoint, input, outcome),
            [.. seeds.Select(Encoding.UTF8.GetBytes)],
            [.. Words.Json, .. Words.Quoted(seeds)]);
    }

    private static void Check(Type type, ApiEndpoint endpoint, byte[] input, object? outcome)
    {
        Promise.Holds(outcome is null || outcome.GetType() == type, "another type of answer came");
        _ = ((ApiAnswer?)outcome)?.FindMissing();
        if (!PlainJson.TryParse(input, AnswerReader.MaxDepth, out var document))
        {
            return;
        }

        using (document)
        {
            // How JSON is spaced and escaped says nothing.
            Promise.Equal(Dump.Of(outcome), Dump.Of(endpoint.Read(PlainJson.Rewritten(document))), "the same JSON with blanks and escapes");
            if (AnswerOracle.TryExpect(type, document.RootElement, out var expected))
            {
                Promise.Equal(expected, AnswerOracle.Seen((ApiAnswer?)outcome), "the reader by hand and System.Text.Json's own reading");
            }

            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                // What nobody here knows is passed over, however deep it is.
                Promise.Equal(Dump.Of(outcome), Dump.Of(endpoint.Read(PlainJson.WithDeepMember(input))), "with a member that nobody knows, nested deeply");
            }
        }
    }
}
