using System.Text.Json.Serialization;

namespace WeChat.UnionPush;

[JsonConverter(typeof(FollowerAnswerConverter))]
internal sealed class FollowerAnswer : ApiAnswer
{
    public FollowerWire Follower { get; set; }

    public override string? FindMissing() => Follower.OpenId is null ? "openid" : null;
}

internal sealed class FollowerBatchAnswer : ApiAnswer
{
    [JsonPropertyName("user_info_list")]
    [JsonConverter(typeof(FollowersConverter))]
    public List<FollowerWire>? Followers { get; set; }
}
