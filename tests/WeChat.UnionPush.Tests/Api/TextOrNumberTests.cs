using System.Text;

namespace WeChat.UnionPush.Tests.Api;

/// <summary>Texts that the platform also writes as numbers, as an answer about a follower shows them.</summary>
public sealed class TextOrNumberTests
{
    [Theory]
    [InlineData("\"98765\"", "98765")]
    [InlineData("98765", "98765")]
    [InlineData("9.8765e4", "98765")]
    [InlineData("98765.0", "98765")]
    [InlineData("1.5", "1.5")]
    [InlineData("1e400", "1e400")]
    [InlineData("\"\\u006fk\"", "ok")]
    [InlineData("null", null)]
    [InlineData("true", null)]
    [InlineData("{\"qr_scene\":\"1\",\"b\":[2]}", null)]
    [InlineData("[\"qr_scene\",{}]", null)]
    public void A_text_is_read_however_it_is_written_and_what_is_none_is_passed_over(string written, string? expected)
    {
        var follower = Read($$"""{"qr_scene":{{written}},"openid":"o1","qr_scene_str":"last"}""");
        Assert.Equal((expected, "o1", "last"), (follower.QrScene, follower.OpenId, follower.QrSceneText));
    }

    [Theory]
    [InlineData("\"ADD_SCENE_QR_CODE\"", true)]
    [InlineData("\"\"", true)]
    [InlineData("0", true)]
    [InlineData("\"ADD_SCENE_OF_TOMORROW\"", false)]
    public void What_comes_with_every_follower_is_kept_once(string written, bool isOne)
    {
        var answer = $$"""{"openid":"o1","subscribe_scene":{{written}}}""";
        Assert.Equal(isOne, ReferenceEquals(Read(answer).SubscribeScene, Read(answer).SubscribeScene));
        Assert.Equal(written.Trim('"'), Read(answer).SubscribeScene);
    }

    private static FollowerWire Read(string answer) => ((FollowerAnswer)FollowerEndpoints.UserInfo.Read(Encoding.UTF8.GetBytes(answer))!).Follower;
}
