using System.Text;

namespace WeChat.UnionPush.Tests.Callbacks;

public sealed class CallbackCryptoTests
{
    private const string OfficialKey = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    private const string OfficialToken = "AAAAA";
    private const string OfficialAppId = "wxba5fad812f8e6fb9";
    private const string OfficialSignature = "046e02f8204d34f8ba5fa3b1db94908f3df2e9b3";

    private const string OfficialEncrypted =
        "+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcvZqzDpVzazhZv6JsXUnnR8XGT740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5k" +
        "dfMuFUPpRSrfMZuMcp3Fn2Pede2IuQrKEYwKSqFIZoNqJ4M8EajAsjLY2km32IIjdf8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSeOBrebufAlr7F9mFUPAJGj04=";

    private const string OfficialMessage =
        """{"ToUserName":"gh_97417a04a28d","FromUserName":"o9AgO5Kd5ggOC-bXrbNODIiE3bGY","CreateTime":1714112445"""
            + ""","MsgType":"event","Event":"debug_demo","debug_str":"hello world"}""";

    private static readonly CallbackCrypto Official = new(OfficialAppId, OfficialToken, OfficialKey);

    [Theory]
    [InlineData("1714036504", "1514711492", "f464b24fc39322e44b38aa78f5edd27bd1441696")]
    [InlineData("1714037059", "486452656", "899cf89e464efb63f54ddac96b0a0a235f53aa78")]
    [InlineData("1714112445", "415670741", "6c5c811b55cc85e0e1b54100749188c20beb3f5d")]
    public void The_published_URL_signatures_are_right(string timestamp, string nonce, string signature)
    {
        Assert.True(new CallbackCrypto(OfficialAppId, OfficialToken).VerifySignature(signature, timestamp, nonce));
        Assert.False(new CallbackCrypto(OfficialAppId, "AAAAB").VerifySignature(signature, timestamp, nonce));
        Assert.False(Official.VerifySignature(signature, timestamp + "0", nonce));
        Assert.False(Official.VerifySignature(signature, timestamp, nonce + "0"));
    }

    [Fact]
    public void The_published_push_is_verified_and_decrypted()
    {
        Assert.True(Official.VerifyMessageSignature(OfficialSignature, "1714112445", "415670741", OfficialEncrypted));
        Assert.True(Official.TryDecrypt(OfficialEncrypted, out var message, out var refusal));
        Assert.Equal(CallbackRefusal.None, refusal);
        Assert.Equal(167, message.Length);
        Assert.Equal(OfficialMessage, Encoding.UTF8.GetString(message));
    }

    [Fact]
    public void The_published_reply_is_verified_and_decrypted()
    {
        const string encrypted = "ELGduP2YcVatjqIS+eZbp80MNLoAUWvzzyJxgGzxZO/5sAvd070Bs6qrLARC9nVHm48Y4hyRbtzve1L32tmxSQ==";

        Assert.True(Official.VerifyMessageSignature("1b9339964ed2e271e7c7b6ff2b0ef902fc94dea1", "1713424427", "415670741", encrypted));
        Assert.True(Official.TryDecrypt(encrypted, out var message, out _));
        Assert.Equal("""{"demo_resp":"good luck"}""", Encoding.UTF8.GetString(message));
    }

    [Fact]
    public void A_message_of_any_length_is_decrypted()
    {
        var crypto = new CallbackCrypto(PlatformPush.AppId, PlatformPush.Token, PlatformPush.Key);
        for (var length = 0; length <= 70; length++)
        {
            var message = new string('x', length) + "恭喜😀";

            Assert.True(crypto.TryDecrypt(PlatformPush.Encrypt(message), out var back, out _));
            Assert.Equal(message, Encoding.UTF8.GetString(back));
        }
    }

    [Fact]
    public void A_push_under_the_previous_key_is_read_while_keys_are_changed()
    {
        var rotated = new CallbackCrypto(PlatformPush.AppId, PlatformPush.Token, PlatformPush.Key, PlatformPush.OtherKey);

        Assert.True(rotated.TryDecrypt(PlatformPush.Encrypt("new"), out var message, out _));
        Assert.Equal("new"u8, message);
        Assert.True(rotated.TryDecrypt(PlatformPush.Encrypt("old", key: PlatformPush.OtherKey), out message, out _));
        Assert.Equal("old"u8, message);
    }

    [Fact]
    public void A_key_with_spare_bits_is_the_same_key_as_one_without()
    {
        // A, B, C and D differ in the two bits that 32 bytes leave over.
        var encrypted = PlatformPush.Encrypt("x", key: OfficialKey);
        foreach (var last in "ABCD")
        {
            var crypto = new CallbackCrypto(PlatformPush.AppId, PlatformPush.Token, OfficialKey[..42] + last);
            Assert.True(crypto.TryDecrypt(encrypted, out var message, out _));
            Assert.Equal("x"u8, message);
        }
    }

    [Theory]
    [InlineData(nameof(CallbackRefusal.WrongApp), PlatformPush.OtherAppId, PlatformPush.Key)]
    [InlineData(nameof(CallbackRefusal.WrongApp), "", PlatformPush.Key)]
    [InlineData(nameof(CallbackRefusal.WrongApp), PlatformPush.AppId + "0", PlatformPush.Key)]
    [InlineData(nameof(CallbackRefusal.Encryption), PlatformPush.AppId, PlatformPush.OtherKey)]
    public void A_push_to_another_app_or_under_another_key_is_refused(string expected, string appId, string key)
    {
        var crypto = new CallbackCrypto(PlatformPush.AppId, PlatformPush.Token, PlatformPush.Key);

        Assert.False(crypto.TryDecrypt(PlatformPush.Encrypt(PlatformPush.Subscribe, appId, key), out var message, out var refusal));
        Assert.Null(message);
        Assert.Equal(expected, $"{refusal}");
    }

    public static TheoryData<string> BrokenBlocks => new(
        // no padding, padding of 33, padding that is not all the same, length beyond the end, negative length, padding over the head
        Convert.ToBase64String(Blocks(0, padding: 0)),
        Convert.ToBase64String(Blocks(0, padding: 33)),
        Convert.ToBase64String([.. Blocks(0, padding: 14)[..50], 3, .. Blocks(0, padding: 14)[51..]]),
        Convert.ToBase64String(Blocks(int.MaxValue, padding: 1)),
        Convert.ToBase64String(Blocks(-1, padding: 1)),
        Convert.ToBase64String(Enumerable.Repeat((byte)32, 32).ToArray()));

    [Theory, MemberData(nameof(BrokenBlocks))]
    public void What_decrypts_to_something_else_is_refused(string blocks)
    {
        var crypto = new CallbackCrypto(PlatformPush.AppId, PlatformPush.Token, PlatformPush.Key);

        Assert.False(crypto.TryDecrypt(PlatformPush.EncryptRaw(Convert.FromBase64String(blocks)), out _, out var refusal));
        Assert.Equal(CallbackRefusal.Encryption, refusal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("AAAA")]
    [InlineData("not base64!")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    public void What_is_no_cipher_text_is_refused(string? encrypted)
    {
        Assert.False(Official.TryDecrypt(encrypted, out _, out var refusal));
        Assert.Equal(CallbackRefusal.Encryption, refusal);
        Assert.False(new CallbackCrypto(OfficialAppId, OfficialToken).TryDecrypt(OfficialEncrypted, out _, out _));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("6c5c811b55cc85e0e1b54100749188c20beb3f5")]
    [InlineData("6c5c811b55cc85e0e1b54100749188c20beb3f5d0")]
    [InlineData("zc5c811b55cc85e0e1b54100749188c20beb3f5d")]
    [InlineData("6c5c811b55cc85e0e1b54100749188c20beb3f5e")]
    public void A_signature_that_is_missing_or_wrong_is_refused(string? signature)
    {
        Assert.False(Official.VerifySignature(signature, "1714112445", "415670741"));
        Assert.False(Official.VerifyMessageSignature(signature, "1714112445", "415670741", OfficialEncrypted));
        Assert.False(Official.VerifySignature("6c5c811b55cc85e0e1b54100749188c20beb3f5d", null, "415670741"));
        Assert.False(Official.VerifySignature("6c5c811b55cc85e0e1b54100749188c20beb3f5d", "1714112445", null));
        Assert.False(Official.VerifyMessageSignature(OfficialSignature, "1714112445", "415670741", null));
    }

    [Fact]
    public void The_parts_of_a_signature_are_sorted_by_code_unit_and_not_by_culture()
    {
        // A culture puts "a" before "B"; the platform does not.
        var crypto = new CallbackCrypto(OfficialAppId, "aToken");

        Assert.True(crypto.VerifySignature(PlatformPush.Sign("aToken", "1714112445", "Bnonce"), "1714112445", "Bnonce"));
    }

    [Theory]
    [InlineData("short")]
    [InlineData("")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAA AAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAA!AAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    public void A_key_that_is_none_is_named_and_not_shown(string key)
    {
        var exception = Assert.Throws<ArgumentException>(() => new CallbackCrypto(OfficialAppId, OfficialToken, key));
        Assert.Equal("encodingAesKey", exception.ParamName);
        Assert.True(key.Length == 0 || !exception.Message.Contains(key, StringComparison.Ordinal));
        Assert.Equal(
            "previousEncodingAesKey", Assert.Throws<ArgumentException>(() => new CallbackCrypto(OfficialAppId, OfficialToken, OfficialKey, key)).ParamName);
    }

    private static byte[] Blocks(int length, int padding)
    {
        byte[] head = [.. "0123456789abcdef"u8, (byte)(length >> 24), (byte)(length >> 16), (byte)(length >> 8), (byte)length];
        return [.. head, .. new byte[64 - head.Length - Math.Min(padding, 40)], .. Enumerable.Repeat((byte)padding, Math.Min(padding, 40))];
    }
}
