using System.Reflection;
using System.Text;

namespace WeChat.UnionPush.Tests.Api;

public sealed class RedactionTests
{
    private const string Token = "67_kX9vQm2RzT0aLw-HbE4cYd";
    private const string SessionKey = "tiihtNczf5v6AKRyjwEUhQ==";

    [Theory]
    [InlineData("GET /cgi-bin/user/get?access_token=67_kX9vQm2RzT0aLw-HbE4cYd&next_openid=o1", "GET /cgi-bin/user/get?access_token=***&next_openid=o1")]
    [InlineData("appid=wx1&secret=67_kX9vQm2RzT0aLw-HbE4cYd", "appid=wx1&secret=***")]
    [InlineData("?js_code=67_kX9vQm2RzT0aLw-HbE4cYd failed", "?js_code=*** failed")]
    [InlineData("""{"access_token":"67_kX9vQm2RzT0aLw-HbE4cYd","expires_in":7200}""", """{"access_token":"***","expires_in":7200}""")]
    [InlineData("""{"access_token" : "67_kX9vQm2RzT0aLw-HbE4cYd""", """{"access_token" : "***""")]
    [InlineData("""{"session_key":"tiihtNczf5v6AKRyjwEUhQ==","openid":"o1"}""", """{"session_key":"***","openid":"o1"}""")]
    [InlineData("""{"session_key":"tiih\/NczO5v6\"KRyjwEUhQ==","openid":"o1"}""", """{"session_key":"***","openid":"o1"}""")]
    [InlineData("""{\"sessionKey\":\"tiih\/tNczf5v6AKRyjwEUhQ==\",\"a\":1}""", """{\"sessionKey\":\"***\",\"a\":1}""")]
    [InlineData("""{"AppSecret":"67_kX9vQm2RzT0aLw-HbE4cYd"}""", """{"AppSecret":"***"}""")]
    [InlineData("<a href='https://api?access_token=67_kX9vQm2RzT0aLw-HbE4cYd'>x</a>", "<a href='https://api?access_token=***'>x</a>")]
    [InlineData("&quot;access_token&quot;:&quot;67_kX9vQm2RzT0aLw-HbE4cYd&quot;,", "&quot;access_token&quot;:&quot;***&quot;,")]
    [InlineData("to=https%3A%2F%2Fapi%3Faccess_token%3D67_kX9vQm2RzT0aLw-HbE4cYd%26x", "to=https%3A%2F%2Fapi%3Faccess_token%3D***%26x")]
    [InlineData("key 0123456789abcdef0123456789ABCDEF was sent", "key *** was sent")]
    [InlineData("""<xml>errmsg1e999:]:"tiihtNczf5v6AKRyjwEUhQ==","unionid":"u1"}""", """<xml>errmsg1e999:]:"***","unionid":"u1"}""")]
    [InlineData("""{"sion_key":"tiih\/Nczf5v+6AKRyjwEUhQ==","openid":"o1"}""", """{"sion_key":"***","openid":"o1"}""")]
    [InlineData("?key=/iihtNczf5v6AKRyjwEUhQ%3d%3d&openid=o1", "?key=***&openid=o1")]
    public void Secrets_are_masked_wherever_they_stand(string text, string expected)
    {
        var quoted = Redaction.Quote(text);

        Assert.Equal(expected, quoted);
        Assert.DoesNotContain(Token, quoted, StringComparison.Ordinal);
        Assert.DoesNotContain(SessionKey, quoted, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("The proxy tunnel request to proxy 'http://user:pa55word@proxy:8080/' failed", "The proxy tunnel request to proxy 'http://***@proxy:8080/' failed")]
    [InlineData("http://user:p@55word@proxy:8080/", "http://***@proxy:8080/")]
    [InlineData("http://user:pa55word/x@proxy:8080", "http://***@proxy:8080")]
    [InlineData("https://pa55word@api.weixin.qq.com/cgi-bin", "https://***@api.weixin.qq.com/cgi-bin")]
    [InlineData("user:pa55word@proxy:3128 refused", "***@proxy:3128 refused")]
    [InlineData("to=http%3A%2F%2Fuser%3Apa55word%40proxy", "to=http%3A%2F%2F***%40proxy")]
    [InlineData("Proxy-Authorization: Basic dXNlcjpwYTU1d29yZA==", "Proxy-Authorization: Basic ***")]
    [InlineData("Authorization: Bearer eyJhbGciOi.pa55word", "Authorization: Bearer ***")]
    [InlineData("Server=db;User ID=shop;Password=pa55word;Database=x", "Server=db;User ID=shop;Password=***;Database=x")]
    [InlineData("Authorization: Basic Dxyzdef", "Authorization: Basic ***")]
    [InlineData("Authorization: Basic dXNl+jpw/TU1d29yZA==", "Authorization: Basic ***")]
    [InlineData("http://user:/pa55word@proxy:8080", "http://***@proxy:8080")]
    [InlineData("http://user:pa55word@proxy/?to=http%3A%2F%2Fshop", "http://***@proxy/?to=http%3A%2F%2Fshop")]
    [InlineData("to=http%3A%2F%2Fuser%3Apa55word%40proxy&from=http://shop", "to=http%3A%2F%2F***%40proxy&from=http://shop")]
    [InlineData("user:pa55word@proxy:3128 refused admin@shop", "***@proxy:3128 refused admin@shop")]
    [InlineData("refused, user:pa55word@proxy:3128", "refused, ***@proxy:3128")]
    [InlineData("Basic authentication failed", "Basic authentication failed")]
    [InlineData("No route to proxy:8080", "No route to proxy:8080")]
    public void Who_a_proxy_or_an_address_lets_in_is_masked(string text, string expected)
    {
        Assert.Equal(expected, Redaction.Quote(text));
        if (text != expected)
        {
            var masked = Redaction.Masked(new HttpRequestException("outside", new InvalidOperationException(text)))!.ToString();
            Assert.DoesNotContain("pa55word", masked, StringComparison.Ordinal);
            Assert.DoesNotContain("dXNlcjpwYTU1d29yZA", masked, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void What_takes_objects_apart_finds_no_token_and_no_session_key()
    {
        var token = new AccessToken(Token, DateTimeOffset.UnixEpoch);
        var user = new MiniProgramUser("o1", "u1", SessionKey);
        foreach (var text in Shown(token).Concat(Shown(user)))
        {
            Assert.DoesNotContain(Token, text, StringComparison.Ordinal);
            Assert.DoesNotContain(SessionKey, text, StringComparison.Ordinal);
        }

        // As a destructuring logger does: what an object says of itself, and all its public properties and fields, and theirs.
        static IEnumerable<string> Shown(object value, int depth = 3)
        {
            yield return value.ToString() ?? "";
            foreach (var member in depth == 0 || value is string ? [] : value.GetType().GetMembers(BindingFlags.Instance | BindingFlags.Public))
            {
                var held = member switch
                {
                    PropertyInfo property when property.GetIndexParameters().Length == 0 => property.GetValue(value),
                    FieldInfo field => field.GetValue(value),
                    _ => null,
                };
                foreach (var text in held is null ? [] : Shown(held, depth - 1))
                {
                    yield return text;
                }
            }
        }
    }

    [Theory]
    [InlineData("invalid credential, access_token is invalid or not latest rid: 6401d3a9-2c8f6a11-0f0e1d2c")]
    [InlineData("invalid openid o6_bmjrPTlm6_2sgVt7hMZOPfL2M, template ngqIpbwh8bUfcSsECmogfXcV14J0tQlEpB027izEYtY")]
    [InlineData("https://developers.weixin.qq.com/community/develop/doc/000ae8d6348af08e7030bc2546bc01?blockType=1")]
    [InlineData("恭喜你购买成功!😀")]
    [InlineData("id_0123456789abcdef0123456789abcdef of another length")]
    [InlineData("zyxwvutsrqponmlkzyxwvutsrqponmlk has no digit of a key")]
    [InlineData("write to people@example.com")]
    [InlineData("https://proxy:8080/people/@shop")]
    public void What_is_no_secret_stays_as_it_is(string text) => Assert.Equal(text, Redaction.Quote(text));

    [Theory]
    [InlineData("""{"session_key":"tiihtNczf5v6AKRyjwEUhQ==","openid":"o1"}""", """{"session_key":"…""")]
    [InlineData("""{"sessio_key":"tiihtNczf5v6AKRyjwEUhQ==","openid":"o1"}""", """{"sessio_key":"t…""")]
    [InlineData("""{"openid":"o1","session_key"*"tiihtNczf5v6AKRyjwEUhQ=="}""", """{"openid":"o1","…""")]
    [InlineData("upstream error", "upstream error")]
    [InlineData("sixteen bytes is", "sixteen bytes is")]
    [InlineData("seventeen bytes is", "seventeen bytes …")]
    [InlineData("\r\n <html><h1>502 Bad Gateway</h1></html>", "\\u000d\\u000a <html><h1>502 Bad Gateway</h1></html>")]
    [InlineData("<html>/cgi-bin/token?secret=67_kX9vQm2RzT0aLw-HbE4cYd</html>", "<html>/cgi-bin/token?secret=***</html>")]
    public void Where_a_secret_is_answered_nothing_is_shown_but_the_start_or_a_page(string body, string expected) =>
        Assert.Equal(expected, Redaction.QuoteBesideSecrets(Encoding.UTF8.GetBytes(body)));

    [Fact]
    public void A_long_token_is_masked_without_its_name()
    {
        Assert.Equal("<pre>***</pre>", Redaction.Quote($"<pre>{new string('x', 512)}</pre>"));
        Assert.Equal("***", Redaction.Quote(new string('x', 64)));
        Assert.Equal(new string('x', 63), Redaction.Quote(new string('x', 63)));
    }

    [Fact]
    public void Where_a_masked_text_went_on_it_says_so()
    {
        var text = "access_token=" + new string('x', 20_000);
        Assert.Equal("access_token=***…", Redaction.Quote(text));
        Assert.Equal("access_token=***…", Redaction.Quote(Encoding.UTF8.GetBytes(text)));
    }

    [Fact]
    public void A_text_is_cut_after_two_hundred_bytes_and_never_within_a_character()
    {
        Assert.Equal(string.Concat(Enumerable.Repeat("错 ", 50)), Redaction.Quote(string.Concat(Enumerable.Repeat("错 ", 50))));
        Assert.Equal(string.Concat(Enumerable.Repeat("错 ", 50)) + "…", Redaction.Quote(string.Concat(Enumerable.Repeat("错 ", 51))));
        Assert.Equal("a" + string.Concat(Enumerable.Repeat("😀", 49)) + "…", Redaction.Quote("a" + string.Concat(Enumerable.Repeat("😀", 50))));
    }

    [Fact]
    public void What_cannot_be_seen_is_spelt_out()
    {
        Assert.Equal(@"a\u0000b\u000d\u000ac\u202ed\ufeff\u2028", Redaction.Quote("a\0b\r\nc\u202ed\ufeff\u2028"));
        Assert.Equal("a\ufffdb", Redaction.Quote("a\ud800b"));
    }

    [Fact]
    public void Bytes_of_any_kind_are_quoted()
    {
        Assert.Equal("", Redaction.Quote(ReadOnlySpan<byte>.Empty));
        Assert.Equal("a\ufffdb", Redaction.Quote([(byte)'a', 0xff, (byte)'b']));
        Assert.Equal("<html>502", Redaction.Quote("<html>502"u8));
        Assert.EndsWith("…", Redaction.Quote(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("word ", 10_000)))), StringComparison.Ordinal);
    }

    [Fact]
    public void The_cut_leaves_no_half_of_a_secret()
    {
        var secret = string.Concat(Enumerable.Repeat("Zq9", 400));
        for (var before = 0; before < 3_300; before++)
        {
            var quoted = Redaction.Quote(Encoding.UTF8.GetBytes($"{new string(' ', before)}?access_token={secret}"));
            Assert.DoesNotContain("Zq9", quoted, StringComparison.Ordinal);
        }
    }
}
