using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using static WeChat.UnionPush.Tests.Callbacks.PlatformPush;

namespace WeChat.UnionPush.Tests.Callbacks;

public sealed class CallbackReaderTests
{
    private static readonly string Encrypted = Encrypt(Subscribe);

    private static string CompatibleBody(string encrypted, string plain = Subscribe) =>
        plain.Replace("</xml>", $"<Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>", StringComparison.Ordinal);

    [Fact]
    public void The_URL_is_verified_with_its_echo()
    {
        var reader = Reader("wxba5fad812f8e6fb9", new() { Token = "AAAAA", Mode = WeChatCallbackMode.Plain });
        var query = new WeChatCallbackQuery
        {
            Signature = "f464b24fc39322e44b38aa78f5edd27bd1441696",
            Timestamp = "1714036504",
            Nonce = "1514711492",
            Echo = "4375120948345356249",
        };

        Assert.True(reader.TryReadEcho(query, out var echo));
        Assert.Equal("4375120948345356249", echo);
        Assert.False(reader.TryReadEcho(query with { Nonce = "1" }, out echo));
        Assert.Null(echo);
        Assert.False(reader.TryReadEcho(query with { Echo = null }, out _));
        Assert.False(reader.TryReadEcho(new(), out _));
    }

    [Fact]
    public void The_published_push_is_read()
    {
        const string encrypted =
            "+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcvZqzDpVzazhZv6JsXUnnR8XGT740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5k" +
            "dfMuFUPpRSrfMZuMcp3Fn2Pede2IuQrKEYwKSqFIZoNqJ4M8EajAsjLY2km32IIjdf8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSeOBrebufAlr7F9mFUPAJGj04=";
        var reader = Reader("wxba5fad812f8e6fb9", new() { Token = "AAAAA", EncodingAesKey = new string('A', 43), ReplayWindow = Timeout.InfiniteTimeSpan });
        var query = new WeChatCallbackQuery
        {
            Signature = "6c5c811b55cc85e0e1b54100749188c20beb3f5d",
            Timestamp = "1714112445",
            Nonce = "415670741",
            EncryptType = "aes",
            MessageSignature = "046e02f8204d34f8ba5fa3b1db94908f3df2e9b3",
        };

        Assert.True(reader.TryRead(query, Encoding.UTF8.GetBytes($$"""{"ToUserName":"gh_97417a04a28d","Encrypt":"{{encrypted}}"}"""), out var read, out var refusal));
        Assert.Equal(CallbackRefusal.None, refusal);
        var callback = Assert.IsType<OtherEvent>(read).Callback;
        Assert.Equal("wxba5fad812f8e6fb9", callback.AppId);
        Assert.Equal("gh_97417a04a28d", callback.ToUserName);
        Assert.Equal("o9AgO5Kd5ggOC-bXrbNODIiE3bGY", callback.OpenId);
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1714112445), callback.CreatedAt);
        Assert.Equal("debug_demo", callback.EventName);
        Assert.Equal(WeChatCallbackFormat.Json, callback.Format);
        Assert.Contains("\"debug_str\":\"hello world\"", callback.Body, StringComparison.Ordinal);
    }

    [Fact]
    public void Each_mode_reads_its_own_pushes()
    {
        Assert.True(Reader(WeChatCallbackMode.Safe).TryRead(SafeQuery(Encrypted), SafeBody(Encrypted), out var safe, out _));
        Assert.True(Reader(WeChatCallbackMode.Compatible).TryRead(SafeQuery(Encrypted), Utf8(CompatibleBody(Encrypted)), out var compatible, out _));
        Assert.True(Reader(WeChatCallbackMode.Plain).TryRead(PlainQuery(), Utf8(Subscribe), out var plain, out _));
        Assert.True(Reader(WeChatCallbackMode.Plain).TryRead(PlainQuery() with { EncryptType = "raw" }, Utf8(Subscribe), out _, out _));

        Assert.All([safe, compatible, plain], read => Assert.Equal(Subscribe, Assert.IsType<SubscribeEvent>(read).Callback.Body));
        Assert.Equal(safe.Callback, plain.Callback);
    }

    [Fact]
    public void Compatible_mode_reads_the_encrypted_half()
    {
        var lie = Subscribe.Replace("oAbCdEfGhIjKlMnOpQrStUvWxYz0", "oSomebodyElse", StringComparison.Ordinal);

        Assert.True(Reader(WeChatCallbackMode.Compatible).TryRead(SafeQuery(Encrypted), Utf8(CompatibleBody(Encrypted, lie)), out var read, out _));
        Assert.Equal("oAbCdEfGhIjKlMnOpQrStUvWxYz0", read.Callback.OpenId);
    }

    [Fact]
    public void A_push_under_the_previous_key_is_read()
    {
        var encrypted = Encrypt(Subscribe, key: OtherKey);

        Assert.False(Reader(WeChatCallbackMode.Safe).TryRead(SafeQuery(encrypted), SafeBody(encrypted), out _, out var refusal));
        Assert.Equal(CallbackRefusal.Encryption, refusal);
        Assert.True(Reader(WeChatCallbackMode.Safe, previousKey: OtherKey).TryRead(SafeQuery(encrypted), SafeBody(encrypted), out _, out _));
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(-15, true)]
    [InlineData(-300, true)]
    [InlineData(300, true)]
    [InlineData(-301, false)]
    [InlineData(301, false)]
    [InlineData(-Now, false)]
    public void A_push_is_accepted_for_five_minutes(long seconds, bool accepted)
    {
        Assert.Equal(accepted, Reader(WeChatCallbackMode.Safe).TryRead(SafeQuery(Encrypted, Now + seconds), SafeBody(Encrypted), out _, out var refusal));
        Assert.Equal(accepted ? CallbackRefusal.None : CallbackRefusal.Expired, refusal);
        Assert.Equal(accepted, Reader(WeChatCallbackMode.Plain).TryRead(PlainQuery(Now + seconds), Utf8(Subscribe), out _, out _));
    }

    public static TheoryData<string, WeChatCallbackMode, WeChatCallbackQuery, string, string> Corpus
    {
        get
        {
            var data = new TheoryData<string, WeChatCallbackMode, WeChatCallbackQuery, string, string>();
            void Add(string name, WeChatCallbackMode mode, WeChatCallbackQuery query, byte[] body, CallbackRefusal refusal) =>
                data.Add(name, mode, query, Convert.ToBase64String(body), $"{refusal}");
            void AddSafe(string name, byte[] message, CallbackRefusal refusal)
            {
                var encrypted = Encrypt(message);
                Add(name, WeChatCallbackMode.Safe, SafeQuery(encrypted), SafeBody(encrypted), refusal);
            }

            var other = Encrypt(Subscribe.Replace("subscribe", "unsubscribe", StringComparison.Ordinal));
            const string bomb = "<!DOCTYPE xml [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\">]>";

            Add("forged under another token", WeChatCallbackMode.Safe, SafeQuery(Encrypted, token: "Guess"), SafeBody(Encrypted), CallbackRefusal.Signature);
            Add("forged under another token, plain", WeChatCallbackMode.Plain, PlainQuery(token: "Guess"), Utf8(Subscribe), CallbackRefusal.Signature);
            Add("no signature", WeChatCallbackMode.Safe, SafeQuery(Encrypted) with { Signature = null }, SafeBody(Encrypted), CallbackRefusal.Signature);
            Add("no signature over the body", WeChatCallbackMode.Safe, SafeQuery(Encrypted) with { MessageSignature = null }, SafeBody(Encrypted),
                CallbackRefusal.MessageSignature);
            Add("no signature, plain", WeChatCallbackMode.Plain, PlainQuery() with { Signature = null }, Utf8(Subscribe), CallbackRefusal.Signature);
            Add("signature of another body", WeChatCallbackMode.Safe, SafeQuery(other), SafeBody(Encrypted), CallbackRefusal.MessageSignature);
            Add("signature without the body", WeChatCallbackMode.Safe,
                SafeQuery(Encrypted) with { MessageSignature = SafeQuery(Encrypted).Signature }, SafeBody(Encrypted), CallbackRefusal.MessageSignature);
            Add("replayed", WeChatCallbackMode.Safe, SafeQuery(Encrypted, Now - 3_600), SafeBody(Encrypted), CallbackRefusal.Expired);
            Add("replayed under a new time", WeChatCallbackMode.Safe,
                SafeQuery(Encrypted, Now - 3_600) with { Timestamp = $"{Now}" }, SafeBody(Encrypted), CallbackRefusal.Signature);
            Add("a time that is none", WeChatCallbackMode.Safe, SafeQuery(Encrypted) with { Timestamp = "soon", Signature = Sign(Token, "soon", Nonce) }, SafeBody(Encrypted),
                CallbackRefusal.Expired);
            Add("a time beyond all", WeChatCallbackMode.Safe, SafeQuery(Encrypted, long.MaxValue), SafeBody(Encrypted), CallbackRefusal.Expired);
            Add("truncated XML", WeChatCallbackMode.Safe, SafeQuery(Encrypted), SafeBody(Encrypted)[..^8], CallbackRefusal.Malformed);
            Add("truncated cipher text", WeChatCallbackMode.Safe, SafeQuery(Encrypted[..^24]), SafeBody(Encrypted[..^24]), CallbackRefusal.Encryption);
            AddSafe("truncated message", Utf8(Subscribe[..^8]), CallbackRefusal.Malformed);
            Add("empty", WeChatCallbackMode.Safe, SafeQuery(Encrypted), [], CallbackRefusal.Empty);
            Add("empty, plain", WeChatCallbackMode.Plain, PlainQuery(), [], CallbackRefusal.Empty);
            Add("oversized", WeChatCallbackMode.Plain, PlainQuery(), Utf8(Subscribe + new string(' ', MaxBodyLength)), CallbackRefusal.TooLarge);
            Add("entity bomb", WeChatCallbackMode.Plain, PlainQuery(),
                Utf8(bomb + Subscribe.Replace("1795312800", "&c;", StringComparison.Ordinal)), CallbackRefusal.Malformed);
            Add("entity bomb around", WeChatCallbackMode.Safe, SafeQuery(Encrypted), [.. Utf8(bomb), .. SafeBody(Encrypted)], CallbackRefusal.Malformed);
            AddSafe("entity bomb within", Utf8(bomb + Subscribe), CallbackRefusal.Malformed);
            Add("external entity", WeChatCallbackMode.Plain, PlainQuery(),
                Utf8("<!DOCTYPE xml SYSTEM \"file:///etc/hostname\">" + Subscribe), CallbackRefusal.Malformed);
            Add("deep XML", WeChatCallbackMode.Plain, PlainQuery(),
                Utf8(string.Concat(Enumerable.Repeat("<a>", 9_000)) + string.Concat(Enumerable.Repeat("</a>", 9_000))), CallbackRefusal.Malformed);
            Add("deep JSON", WeChatCallbackMode.Plain, PlainQuery(),
                Utf8("{\"a\":" + new string('[', 30_000) + new string(']', 30_000) + "}"), CallbackRefusal.Malformed);
            AddSafe("deep JSON within", Utf8("{\"a\":" + new string('[', 1_000) + new string(']', 1_000) + "}"), CallbackRefusal.Malformed);
            Add("wrong app", WeChatCallbackMode.Safe,
                SafeQuery(Encrypt(Subscribe, OtherAppId)), SafeBody(Encrypt(Subscribe, OtherAppId)), CallbackRefusal.WrongApp);
            Add("wrong key", WeChatCallbackMode.Safe,
                SafeQuery(Encrypt(Subscribe, key: OtherKey)), SafeBody(Encrypt(Subscribe, key: OtherKey)), CallbackRefusal.Encryption);
            Add("plain in safe mode", WeChatCallbackMode.Safe, PlainQuery(), Utf8(Subscribe), CallbackRefusal.Mode);
            Add("plain in safe mode, called raw", WeChatCallbackMode.Safe, PlainQuery() with { EncryptType = "raw" }, Utf8(Subscribe), CallbackRefusal.Mode);
            Add("plain in safe mode, called encrypted", WeChatCallbackMode.Safe, SafeQuery(Encrypted), Utf8(Subscribe), CallbackRefusal.Mode);
            Add("plain in compatible mode", WeChatCallbackMode.Compatible, PlainQuery(), Utf8(Subscribe), CallbackRefusal.Mode);
            Add("plain in compatible mode, called encrypted", WeChatCallbackMode.Compatible, SafeQuery(Encrypted), Utf8(Subscribe), CallbackRefusal.Mode);
            Add("compatible in safe mode", WeChatCallbackMode.Safe, SafeQuery(Encrypted), Utf8(CompatibleBody(Encrypted)), CallbackRefusal.Mode);
            Add("safe in compatible mode", WeChatCallbackMode.Compatible, SafeQuery(Encrypted), SafeBody(Encrypted), CallbackRefusal.Mode);
            Add("safe in plain mode", WeChatCallbackMode.Plain, SafeQuery(Encrypted), SafeBody(Encrypted), CallbackRefusal.Mode);
            Add("safe in plain mode, called plain", WeChatCallbackMode.Plain, PlainQuery(), SafeBody(Encrypted), CallbackRefusal.Mode);
            Add("not UTF-8", WeChatCallbackMode.Plain, PlainQuery(), Encoding.Latin1.GetBytes(Subscribe.Replace("gh_", "gé", StringComparison.Ordinal)), CallbackRefusal.Malformed);
            AddSafe("not UTF-8 within", [.. Utf8(Subscribe[..20]), 0xc3, 0x28, .. Utf8(Subscribe[20..])], CallbackRefusal.Malformed);
            Add("UTF-16", WeChatCallbackMode.Plain, PlainQuery(), Encoding.Unicode.GetBytes(Subscribe), CallbackRefusal.Malformed);
            Add("HTML", WeChatCallbackMode.Plain, PlainQuery(), Utf8("<html><body><br></body></html>"), CallbackRefusal.Malformed);
            Add("JSON list", WeChatCallbackMode.Plain, PlainQuery(), Utf8("[1,2]"), CallbackRefusal.Malformed);
            Add("JSON with something after it", WeChatCallbackMode.Plain, PlainQuery(), Utf8("{\"MsgType\":\"event\"} {}"), CallbackRefusal.Malformed);
            Add("JSON with half a character for a type", WeChatCallbackMode.Plain, PlainQuery(), Utf8("{\"MsgType\":\"\\ud800\"}"), CallbackRefusal.Malformed);
            Add("form", WeChatCallbackMode.Plain, PlainQuery(), Utf8("a=b&c=d"), CallbackRefusal.Malformed);
            foreach (var (name, from, to) in new[]
            {
                ("no sender", "oAbCdEfGhIjKlMnOpQrStUvWxYz0", ""),
                ("a sender of 129 characters", "oAbCdEfGhIjKlMnOpQrStUvWxYz0", new string('o', 129)),
                ("a sender in two words", "oAbCdEfGhIjKlMnOpQrStUvWxYz0", "a b"),
                ("a sender with a control character", "oAbCdEfGhIjKlMnOpQrStUvWxYz0", "a\u0085b"),
                ("no time", "<CreateTime>1795312800</CreateTime>", ""),
                ("a time that is no number within", "1795312800", "now"),
                ("a negative time", "1795312800", "-1"),
                ("a time after the year 9999", "1795312800", "253402300800"),
                ("no type", "<MsgType><![CDATA[event]]></MsgType>", "<MsgType/>"),
                ("no event", "<Event><![CDATA[subscribe]]></Event>", ""),
            })
            {
                AddSafe(name, Utf8(Subscribe.Replace(from, to, StringComparison.Ordinal)), CallbackRefusal.Malformed);
            }

            return data;
        }
    }

    [Theory, MemberData(nameof(Corpus))]
    public void Every_known_mistake_is_refused_for_what_it_is(
        string name, WeChatCallbackMode mode, WeChatCallbackQuery query, string body, string expected)
    {
        var accepted = Reader(mode).TryRead(query, Convert.FromBase64String(body), out var read, out var refusal);

        Assert.False(accepted, name);
        Assert.Null(read);
        Assert.Equal(expected, $"{refusal}");
    }

    [Fact]
    public void Many_small_pieces_of_text_cost_no_more_than_one()
    {
        // 4,500 pieces: joined one by one they are megabytes of copies.
        var body = Subscribe.Replace("subscribe]]>", string.Concat(Enumerable.Repeat("a]]><![CDATA[", 4_500)) + "]]>", StringComparison.Ordinal);
        var before = GC.GetAllocatedBytesForCurrentThread();

        Assert.False(Reader(WeChatCallbackMode.Plain).TryRead(PlainQuery(), Utf8(body), out _, out var refusal));

        Assert.Equal(CallbackRefusal.Malformed, refusal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2_000_000);
    }

    [Fact]
    public void No_hostile_body_is_accepted_or_makes_anything_throw()
    {
        var genuine = new[]
        {
            SafeBody(Encrypted),
            Utf8($$"""{"ToUserName":"gh_0123456789ab","Encrypt":"{{Encrypted}}"}"""),
            Utf8(CompatibleBody(Encrypted)),
            Utf8(Subscribe),
            Convert.FromBase64String(Encrypted),
        };
        var pieces = new[]
        {
            "<xml>", "</xml>", "<Encrypt>", "</Encrypt>", "<![CDATA[", "]]>", "<!DOCTYPE a [", "<!ENTITY x SYSTEM 'http://127.0.0.1/'>", "&x;", "&#0;", "&#xD800;", "<?xml",
            "{", "}", "[", "]", "\"Encrypt\":", "\"MsgType\":\"event\",", "\"", "\\ud83d", ",", ":", "1e999", "null", "\0", "\ufeff", "恭喜", Encrypted, Encrypted[..64],
        }.Select(Utf8).Append([0xff, 0xfe]).Append([0xc3]).ToArray();

        var bytes = ArbMap.Default.GeneratorFor<byte[]>();
        var composed = Gen.ListOf(Gen.Elements(pieces)).Select(list => list.SelectMany(piece => piece).ToArray());
        var mutated =
            from body in Gen.Elements(genuine)
            from at in Gen.Choose(0, body.Length - 1)
            from length in Gen.Choose(0, 40)
            from splice in Gen.OneOf(bytes, Gen.Elements(pieces))
            select (byte[])[.. body[..at], .. splice, .. body[Math.Min(body.Length, at + length)..]];

        var readers = new[] { Reader(WeChatCallbackMode.Safe, OtherKey), Reader(WeChatCallbackMode.Compatible, OtherKey) };
        var plain = Reader(WeChatCallbackMode.Plain);
        var crypto = new CallbackCrypto(AppId, Token, Key, OtherKey);
        var refused = 0;

        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(20_000).WithReplay(20_261_122, 1),
            Prop.ForAll(Gen.OneOf(bytes, composed, mutated, mutated, mutated).ToArbitrary(), body =>
            {
                foreach (var reader in readers)
                {
                    // The genuine signature is on the query; only the genuine cipher text may pass under it.
                    if (!reader.TryRead(SafeQuery(Encrypted), body, out var read, out var refusal))
                    {
                        Assert.NotEqual(CallbackRefusal.None, refusal);
                        refused++;
                    }
                    else
                    {
                        Assert.Equal(Subscribe, read.Callback.Body);
                    }
                }

                // Without a signature nothing passes; with one, plain mode has to take what reads as a push, and that must be fit to keep.
                Assert.False(plain.TryRead(PlainQuery(token: "Guess"), body, out _, out _));
                if (plain.TryRead(PlainQuery(), body, out var unsigned, out _))
                {
                    Assert.InRange(unsigned.Callback.OpenId.Length, 1, 128);
                    Assert.InRange(unsigned.Callback.DeduplicationKey.Length, 1, 420);
                }

                // Without its signature a damaged cipher text can decrypt to a damaged message, but not to an exception.
                foreach (var encrypted in new[] { Encoding.Latin1.GetString(body), Convert.ToBase64String(body) })
                {
                    Assert.Equal(crypto.TryDecrypt(encrypted, out var message, out var refusal), refusal is CallbackRefusal.None);
                    _ = message is not null && CallbackFields.TryParse(message, out var fields) && WeChatEventParser.TryRead(AppId, fields, out _);
                }

                return true;
            }));

        Assert.InRange(refused, 30_000, 40_000);
    }

    [Theory]
    [InlineData("subscribe", "", "", null, null)]
    [InlineData("subscribe", "qrscene_123123", "TICKET", "123123", "TICKET")]
    [InlineData("Subscribe", "last_trade_no_4001", "", null, null)]
    public void A_subscribe_event_tells_the_scene_of_a_scan(string name, string key, string ticket, string? scene, string? expectedTicket)
    {
        var read = Assert.IsType<SubscribeEvent>(ParseEvent(name, ("EventKey", key), ("Ticket", ticket)));

        Assert.Equal(scene, read.Scene);
        Assert.Equal(expectedTicket, read.Ticket);
    }

    [Fact]
    public void Unsubscribe_and_scan_are_events_of_their_own()
    {
        Assert.IsType<UnsubscribeEvent>(ParseEvent("unsubscribe"));
        Assert.IsType<UnsubscribeEvent>(ParseEvent("unsubscribe", ("EventKey", "")));
        var scan = Assert.IsType<ScanEvent>(ParseEvent("SCAN", ("EventKey", "98765"), ("Ticket", "T")));
        Assert.Equal(("98765", "T"), (scan.Scene, scan.Ticket));
    }

    [Theory]
    [InlineData("success", TemplateDeliveryStatus.Delivered)]
    [InlineData("Success", TemplateDeliveryStatus.Delivered)]
    [InlineData("failed:user block", TemplateDeliveryStatus.UserBlocked)]
    [InlineData("failed: system failed", TemplateDeliveryStatus.SystemFailed)]
    [InlineData("failed:system failed", TemplateDeliveryStatus.SystemFailed)]
    [InlineData("FAILED :\tSystem  Failed", TemplateDeliveryStatus.SystemFailed)]
    [InlineData("failed:freq limit", TemplateDeliveryStatus.FrequencyLimited)]
    [InlineData("failed:sender block", TemplateDeliveryStatus.Other)]
    [InlineData("", TemplateDeliveryStatus.Other)]
    public void A_receipt_is_read_with_its_64_bit_id_and_any_status(string status, TemplateDeliveryStatus expected)
    {
        var read = Assert.IsType<TemplateSendJobFinishEvent>(ParseEvent("TEMPLATESENDJOBFINISH", ("MsgID", "3717005636572528642"), ("Status", status)));

        Assert.Equal(3_717_005_636_572_528_642, read.MessageId);
        Assert.Equal(expected, read.Status);
        Assert.Equal(status, read.StatusText);
    }

    [Fact]
    public void A_receipt_is_read_in_lower_case_and_as_JSON_with_numbers_as_strings()
    {
        foreach (var id in new[] { "3717005636572528642", "\"3717005636572528642\"" })
        {
            var read = Assert.IsType<TemplateSendJobFinishEvent>(Parse(
                $$"""
                {"ToUserName":"gh_1","FromUserName":"o1","CreateTime":"1795312800","MsgType":"event","Event":"templatesendjobfinish",
                 "List":{"a":[1,{"MsgID":7}]},"MsgId":0,"MsgID":{{id}},"Status":"failed:user block","Extra":null}
                """));

            Assert.Equal(3_717_005_636_572_528_642, read.MessageId);
            Assert.Equal(TemplateDeliveryStatus.UserBlocked, read.Status);
            Assert.Equal(1_795_312_800, read.Callback.CreatedAt.ToUnixTimeSeconds());
        }
    }

    [Theory]
    [InlineData("user_authorization_revoke", typeof(AuthorizationRevokedEvent))]
    [InlineData("user_authorization_cancellation", typeof(AuthorizationCancelledEvent))]
    [InlineData("user_info_modified", typeof(UserInfoModifiedEvent))]
    public void A_privacy_event_names_the_person_it_is_about(string name, Type expected)
    {
        var read = ParseEvent(name, ("OpenID", "oPerson"), ("AppID", "wx13974bf780d3dc89"), ("RevokeInfo", "1"));

        Assert.Equal(expected, read.GetType());
        var (openId, appId, info) = read switch
        {
            AuthorizationRevokedEvent revoked => (revoked.OpenId, revoked.AppId, revoked.RevokeInfo),
            AuthorizationCancelledEvent cancelled => (cancelled.OpenId, cancelled.AppId, cancelled.RevokeInfo),
            _ => (((UserInfoModifiedEvent)read).OpenId, ((UserInfoModifiedEvent)read).AppId, ((UserInfoModifiedEvent)read).RevokeInfo),
        };
        Assert.Equal(("oPerson", "wx13974bf780d3dc89", "1"), (openId, appId, info));
        Assert.Equal(AppId, Assert.IsType<AuthorizationRevokedEvent>(ParseEvent("user_authorization_revoke", ("OpenID", "oPerson"))).AppId);
    }

    [Theory]
    [InlineData("CLICK", "EventKey", "V1001")]
    [InlineData("TEMPLATESENDJOBFINISH", "MsgID", "many")]
    [InlineData("TEMPLATESENDJOBFINISH", "Status", "success")]
    [InlineData("user_authorization_revoke", "AppID", "wx13974bf780d3dc89")]
    public void What_has_no_type_of_its_own_keeps_its_body(string name, string field, string value)
    {
        var read = Assert.IsType<OtherEvent>(ParseEvent(name, (field, value)));

        Assert.Equal(name, read.Callback.EventName);
        Assert.Contains($"<{field}><![CDATA[{value}]]></{field}>", read.Callback.Body, StringComparison.Ordinal);
    }

    [Fact]
    public void A_message_is_no_event()
    {
        var read = Assert.IsType<OtherEvent>(Parse(
            "<xml><ToUserName>gh_1</ToUserName><FromUserName>o1</FromUserName><CreateTime>1795312800</CreateTime><MsgType>text</MsgType>" +
            "<Content><![CDATA[a\u0001\u0008 <b> 恭喜😀]]></Content><MsgId>23456789012345678</MsgId></xml>"));

        Assert.Null(read.Callback.EventName);
        Assert.Equal("text", read.Callback.MessageType);
        Assert.Contains("a\u0001\u0008 <b> 恭喜😀", read.Callback.Body, StringComparison.Ordinal);
        Assert.Equal("o1:23456789012345678", read.Callback.DeduplicationKey);
    }

    [Fact]
    public void A_body_may_begin_with_a_BOM_or_a_declaration_and_hold_control_characters()
    {
        Assert.IsType<SubscribeEvent>(Parse("\ufeff" + Subscribe));
        Assert.IsType<SubscribeEvent>(Parse("\r\n <?xml version=\"1.0\" encoding=\"gbk\"?>" + Subscribe[..5] + "<!-- \u0002 -->" + Subscribe[5..]));
        Assert.IsType<UnsubscribeEvent>(Parse(
            "{\"FromUserName\":\"o1\",\r\n\t\"CreateTime\":1795312800,\"MsgType\":\"event\",\"Event\":\"unsubscribe\",\"Remark\":\"a\u0001\nb\"}"));
    }

    [Fact]
    public void Two_pushes_never_share_a_key_and_the_tries_of_one_do()
    {
        static string Finish(string openId, long time, string id) => Event("TEMPLATESENDJOBFINISH", ("MsgID", id), ("Status", "success"))
            .Replace("oAbCdEfGhIjKlMnOpQrStUvWxYz0", openId, StringComparison.Ordinal)
            .Replace("1795312800", time.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);

        var bodies = new[]
        {
            Finish("o1", 1, "10"), Finish("o1", 1, "11"), Finish("o1", 2, "10"), Finish("o2", 1, "10"), Event("subscribe"), Event("unsubscribe"),
            Event("user_info_modified", ("OpenID", "o1")), Event("user_info_modified", ("OpenID", "o2")),
            Event("subscribe").Replace("event", "text", StringComparison.Ordinal),
            Event("x", ("MsgId", "1")).Replace("[event]", "[text]", StringComparison.Ordinal),
            Event("x", ("MsgId", "2")).Replace("[event]", "[text]", StringComparison.Ordinal),
        };

        Assert.Equal(bodies.Length, bodies.Select(body => Parse(body).Callback.DeduplicationKey).Distinct().Count());
        Assert.All(bodies, body => Assert.Equal(Parse(body).Callback.DeduplicationKey, Parse(body).Callback.DeduplicationKey));
        Assert.Equal("o1:1:templatesendjobfinish:10", Parse(Finish("o1", 1, "10")).Callback.DeduplicationKey);

        // Another version knows by the beginning of the hash what it has seen.
        var click = "<xml><ToUserName>gh_1</ToUserName><FromUserName>o1</FromUserName><CreateTime>1</CreateTime><MsgType>event</MsgType><Event>CLICK</Event></xml>";
        var hash = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(Parse(click).Callback.Body)));
        Assert.Equal($"o1:1:click:{hash[..32]}", Parse(click).Callback.DeduplicationKey);
    }

    [Fact]
    public void Two_events_of_one_person_in_one_second_are_told_apart_wherever_they_differ()
    {
        static string SubscribeMessage(string list) => Subscribe.Replace("[subscribe]", "[subscribe_msg_sent_event]", StringComparison.Ordinal)
            .Replace("</xml>", $"<SubscribeMsgSentEvent>{list}</SubscribeMsgSentEvent></xml>", StringComparison.Ordinal);
        static string Sent(string id) => $"<List><TemplateId>t</TemplateId><MsgID>{id}</MsgID><ErrorCode>0</ErrorCode><ErrorStatus>success</ErrorStatus></List>";
        static string Json(string list) =>
            $$"""{"ToUserName":"gh_1","FromUserName":"o1","CreateTime":"1795312800","MsgType":"event","Event":"subscribe_msg_sent_event","List":{{list}}}""";

        string[] bodies =
        [
            SubscribeMessage(Sent("1700827132819554304")), SubscribeMessage(Sent("1700827132819554305")), SubscribeMessage(Sent("1") + Sent("2")),
            SubscribeMessage(Sent("2") + Sent("1")),
            Json("""{"TemplateId":"t","MsgID":"1700827132819554304"}"""), Json("""{"TemplateId":"t","MsgID":"1700827132819554305"}"""),
            Json("""[{"TemplateId":"t","MsgID":"1"}]"""), Json("""[{"TemplateId":"t","MsgID":"2"}]"""), Json("""[{"TemplateId":"t","MsgID":"1"},{"TemplateId":"t","MsgID":"2"}]"""),
            Event("CLICK", ("EventKey", "a")), Event("CLICK", ("EventKey", "b")), Event("VIEW", ("EventKey", "a")), Event("CLICK", ("EventKey", "a"), ("MsgID", "0")),
            Event("user_authorization_revoke", ("OpenID", "oP"), ("RevokeInfo", "1")), Event("user_authorization_revoke", ("OpenID", "oP"), ("RevokeInfo", "2")),
            Event("subscribe"), Event("subscribe", ("EventKey", "qrscene_1")),
            Subscribe.Replace("[event]", "[text]", StringComparison.Ordinal).Replace("</xml>", "<Content>a</Content></xml>", StringComparison.Ordinal),
            Subscribe.Replace("[event]", "[text]", StringComparison.Ordinal).Replace("</xml>", "<Content>b</Content></xml>", StringComparison.Ordinal),
        ];

        Assert.Equal(bodies.Length, bodies.Select(body => Parse(body).Callback.DeduplicationKey).Distinct().Count());
        Assert.All(bodies, body => Assert.InRange(Parse(body).Callback.DeduplicationKey.Length, 10, 420));

        // The tries of one push differ in nothing once they are decrypted.
        foreach (var body in bodies)
        {
            var keys = new[] { Encrypt(body), Encrypt(body) }.Select(encrypted =>
            {
                Assert.True(Reader(WeChatCallbackMode.Safe).TryRead(SafeQuery(encrypted), SafeBody(encrypted), out var read, out _));
                return read.Callback.DeduplicationKey;
            });
            Assert.Equal(Parse(body).Callback.DeduplicationKey, Assert.Single(keys.Distinct()));
        }
    }

    [Fact]
    public void One_Token_for_two_apps_in_safe_mode_finds_the_app_by_its_key()
    {
        var reader = new CallbackReader(
            [
                App("Callback:OfficialAccount", AppId, new() { Token = Token, EncodingAesKey = Key }),
                App("Callback:MiniProgram", OtherAppId, new() { Token = Token, EncodingAesKey = OtherKey }),
            ],
            MaxBodyLength);
        var other = Encrypt(Subscribe, OtherAppId, OtherKey);

        Assert.True(reader.TryRead(SafeQuery(Encrypted), SafeBody(Encrypted), out var first, out _));
        Assert.True(reader.TryRead(SafeQuery(other), SafeBody(other), out var second, out _));
        Assert.Equal([AppId, OtherAppId], [first.Callback.AppId, second.Callback.AppId]);
    }

    [Fact]
    public void Nothing_a_user_wrote_is_in_the_text_of_an_event()
    {
        Assert.DoesNotContain("V1001", ParseEvent("CLICK", ("EventKey", "V1001")).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Settings_that_cannot_work_are_refused_at_once()
    {
        static string Message(WeChatCallbackAppOptions options) =>
            Assert.ThrowsAny<ArgumentException>(() => Reader(AppId, options)).Message;

        Assert.Contains("EncodingAESKey", Message(new() { Token = Token }), StringComparison.Ordinal);
        Assert.Contains("token", Message(new() { Mode = WeChatCallbackMode.Plain }), StringComparison.Ordinal);
    }

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    private static string Event(string name, params (string Name, string Value)[] fields) =>
        Subscribe.Replace("subscribe", name, StringComparison.Ordinal)
            .Replace("</xml>", string.Concat(fields.Select(field => $"<{field.Name}><![CDATA[{field.Value}]]></{field.Name}>")) + "</xml>", StringComparison.Ordinal);

    private static IWeChatEvent ParseEvent(string name, params (string Name, string Value)[] fields) => Parse(Event(name, fields));

    private static IWeChatEvent Parse(string body)
    {
        Assert.True(Reader(WeChatCallbackMode.Plain).TryRead(PlainQuery(), Utf8(body), out var read, out var refusal), $"{refusal}");
        return read;
    }
}
