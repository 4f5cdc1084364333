using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace WeChat.UnionPush.Testing;

/// <summary>The follower APIs of an Official Account: list and details.</summary>
internal static class FollowerApi
{
    private static readonly int PageSize = PlatformRules.Number("user/get page");
    private static readonly int BatchSize = PlatformRules.Number("batchget list");

    public static Answer List(Call call)
    {
        var account = call.OfficialAccount;
        long after = -1;
        if (call.Query("next_openid") is { } next && !account.App.TryFindPerson(next, out after))
        {
            return call.Refuse(40003);
        }

        var indexes = ArrayPool<long>.Shared.Rent(PageSize);
        try
        {
            var page = indexes.AsSpan(0, PageSize);
            page = page[..account.Followers.Page(after, page)];
            return page.IsEmpty
                ? call.Write(account.Followers.Count, static (json, total) =>
                {
                    json.WriteNumber("total", total);
                    json.WriteNumber("count", 0);
                    json.WriteString("next_openid", "");
                })
                : new Answer(WritePage(account, page));
        }
        finally
        {
            ArrayPool<long>.Shared.Return(indexes);
        }
    }

    public static Answer Get(Call call)
    {
        if (call.Query("openid") is not { } openId)
        {
            return call.Refuse(41009);
        }

        return call.OfficialAccount.App.TryFindPerson(openId, out var index)
            ? call.Write((call, openId, index), static (json, state) => WriteDetails(json, state.call.OfficialAccount, state.openId, state.index, inBatch: false))
            : call.Refuse(40003);
    }

    public static Answer GetBatch(Call call)
    {
        if (call.ReadJson(out var body) is { } refusal)
        {
            return refusal;
        }

        if (!body.TryGetProperty("user_list", out var list) || list.ValueKind != JsonValueKind.Array)
        {
            return call.Refuse(47001);
        }

        if (list.GetArrayLength() is var length && (length == 0 || length > BatchSize))
        {
            return call.Refuse(40032);
        }

        var account = call.OfficialAccount;
        var people = new List<(string OpenId, long Index)>(list.GetArrayLength());
        foreach (var item in list.EnumerateArray())
        {
            var openId = item.ValueKind == JsonValueKind.Object ? Call.Text(item, "openid") : null;
            if (!account.App.TryFindPerson(openId, out var index) || (account.BatchRefusesStrangers && !account.Followers.IsFollowing(index)))
            {
                return call.Refuse(40003);
            }

            people.Add((openId!, index));
        }

        return call.Write((account, people), static (json, state) =>
        {
            json.WriteStartArray("user_info_list");
            foreach (var (openId, index) in state.people)
            {
                json.WriteStartObject();
                WriteDetails(json, state.account, openId, index, inBatch: true);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }

    private static byte[] WritePage(SimulatedOfficialAccount account, ReadOnlySpan<long> page)
    {
        // Ten thousand openids a page are most of the cost of a walk over millions, so they are written directly into the answer.
        var head = Encoding.ASCII.GetBytes(FormattableString.Invariant($"{{\"total\":{account.Followers.Count},\"count\":{page.Length},\"data\":{{\"openid\":["));
        var foot = Encoding.ASCII.GetBytes($"]}},\"next_openid\":\"{account.App.Identifiers.Encode(page[^1])}\"}}");
        var body = new byte[head.Length + (page.Length * (IdentifierCodec.Length + 3)) - 1 + foot.Length];
        head.CopyTo(body, 0);
        var position = head.Length;
        for (var i = 0; i < page.Length; i++)
        {
            if (i > 0)
            {
                body[position++] = (byte)',';
            }

            body[position++] = (byte)'"';
            account.App.Identifiers.Encode(page[i], body.AsSpan(position));
            position += IdentifierCodec.Length;
            body[position++] = (byte)'"';
        }

        foot.CopyTo(body, position);
        return body;
    }

    private static void WriteDetails(Utf8JsonWriter json, SimulatedOfficialAccount account, string openId, long index, bool inBatch)
    {
        var follower = account.Followers.Find(index);
        json.WriteNumber("subscribe", follower.Following ? 1 : 0);
        json.WriteString("openid", openId);
        if (!follower.Following && inBatch)
        {
            return;
        }

        json.WriteString("nickname", "");
        json.WriteNumber("sex", 0);
        json.WriteString("language", "zh_CN");
        json.WriteString("city", "");
        json.WriteString("province", "");
        json.WriteString("country", "");
        json.WriteString("headimgurl", "");
        if (!follower.Following)
        {
            json.WriteStartArray("tagid_list");
            json.WriteEndArray();
            return;
        }

        json.WriteNumber("subscribe_time", follower.Since);
        var withheld = inBatch && account.WithholdsUnionIdInBatches is { } withholds && withholds(new SimulatedPerson(account.App.Platform, index));
        if (account.OpenPlatform is { } openPlatform && !account.IsSandbox && !withheld)
        {
            var unionId = account.App.Platform.UnionIds(openPlatform).Encode(index);
            json.WriteString("unionid", account.PadsUnionIds ? " " + unionId : unionId);
        }

        json.WriteString("remark", "");
        json.WriteNumber("groupid", 0);
        json.WriteStartArray("tagid_list");
        json.WriteEndArray();
        json.WriteString("subscribe_scene", follower.Scene);
        json.WriteNumber("qr_scene", Utf8Parser.TryParse(Encoding.UTF8.GetBytes(follower.QrScene ?? ""), out int scene, out var used) && used == follower.QrScene!.Length
            ? scene : 0);
        json.WriteString("qr_scene_str", follower.QrScene ?? "");
    }
}
