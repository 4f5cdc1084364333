using System.Globalization;
using System.Text;

namespace WeChat.UnionPush.Bare;

/// <summary>Answers of the platform about followers that are generated from a running number.</summary>
internal static class Answers
{
    /// <summary>A page of <c>user/get</c>.</summary>
    public static byte[] Page(long first, int count, long total)
    {
        if (count == 0)
        {
            return Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $$"""{"total":{{total}},"count":0,"next_openid":""}"""));
        }

        var json = new StringBuilder(count * 31);
        json.Append(CultureInfo.InvariantCulture, $$"""{"total":{{total}},"count":{{count}},"data":{"openid":[""");
        for (var i = 0; i < count; i++)
        {
            json.Append(i == 0 ? "\"" : ",\"").Append(Samples.FollowerOpenId(first + i)).Append('"');
        }

        json.Append(CultureInfo.InvariantCulture, $$"""]},"next_openid":"{{Samples.FollowerOpenId(first + count - 1)}}"}""");
        return Encoding.UTF8.GetBytes(json.ToString());
    }

    /// <summary>An answer of <c>batchget</c>, with all the members that the platform sends.</summary>
    public static byte[] Batch(long first, int count)
    {
        var json = new StringBuilder(count * 400);
        json.Append("""{"user_info_list":[""");
        for (var i = 0; i < count; i++)
        {
            json.Append(i == 0 ? "" : ",").Append(
                CultureInfo.InvariantCulture,
                $$"""{"subscribe":1,"openid":"{{Samples.FollowerOpenId(first + i)}}","nickname":"","sex":0"""
                    + $$""","language":"zh_CN","city":"","province":"","country":"","headimgurl":"","subscribe_time":{{1700000000 + first + i}}"""
                    + $$""","unionid":"{{Samples.UnionId(first + i)}}","remark":"","groupid":0"""
                    + $$""","tagid_list":[],"subscribe_scene":"ADD_SCENE_SEARCH","qr_scene":0,"qr_scene_str":""}""");
        }

        json.Append("]}");
        return Encoding.UTF8.GetBytes(json.ToString());
    }
}
