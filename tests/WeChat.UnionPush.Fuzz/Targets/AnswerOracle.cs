using System.Globalization;
using System.Text.Json;

namespace WeChat.UnionPush.Fuzz;

/// <summary>What the answers that the library reads by hand have to be, worked out on a <see cref="JsonElement"/>.</summary>
internal static class AnswerOracle
{
    /// <summary>What is to be seen of an answer; <see langword="null"/> where it is refused.</summary>
    /// <returns><see langword="false"/> for answers that the serializer reads by itself.</returns>
    public static bool TryExpect(Type type, JsonElement root, out string? expected)
    {
        expected = null;
        if (type != typeof(AccessTokenAnswer) && type != typeof(MessageAnswer) && type != typeof(FollowerAnswer)
            && type != typeof(FollowerBatchAnswer) && type != typeof(FollowerPageAnswer))
        {
            return false;
        }

        if (root.ValueKind == JsonValueKind.Object)
        {
            try
            {
                expected = Expect(type, root);
            }
            catch (FormatException)
            {
            }
        }

        return true;
    }

    public static string? Seen(ApiAnswer? answer) => answer switch
    {
        null => null,
        AccessTokenAnswer token => Common(token.Code, token.HasErrorCode, token.ErrorMessage) + $"{token.AccessToken ?? "null"} {token.ExpiresIn}",
        MessageAnswer message => Common(message.Code, message.HasErrorCode, message.ErrorMessage) + $"{message.MessageId}",
        FollowerAnswer follower => Common(follower.Code, follower.HasErrorCode, follower.ErrorMessage) + Dump.Of(new Expected(follower.Follower)),
        FollowerBatchAnswer batch => Common(batch.Code, batch.HasErrorCode, batch.ErrorMessage) + Dump.Of(batch.Followers?.ConvertAll(static one => new Expected(one))),
        FollowerPageAnswer page => Common(page.Code, page.HasErrorCode, page.ErrorMessage)
            + $"{page.Total} {page.Count} {page.NextOpenId ?? "null"} {page.Data is null} {Dump.Of(page.Data?.OpenIds)}",
        _ => throw new InvalidOperationException(answer.GetType().Name),
    };

    private static string Expect(Type type, JsonElement root)
    {
        var (code, hasCode, message) = (default(int?), false, default(string));
        var (token, expires, id) = (default(string), 0L, default(long?));
        var (total, count, next, hasData) = (default(long?), default(long?), default(string), false);
        var openIds = default(List<string>);
        var followers = default(List<Expected>);
        foreach (var member in root.EnumerateObject())
        {
            var value = member.Value;
            switch (member.Name)
            {
                case "errcode":
                    (code, hasCode) = (value.ValueKind == JsonValueKind.Null ? null : Small(value), true);
                    break;
                case "errmsg":
                    message = Text(value);
                    break;
                case "access_token" when type == typeof(AccessTokenAnswer):
                    token = TextOnly(value);
                    break;
                case "expires_in" when type == typeof(AccessTokenAnswer):
                    expires = value.ValueKind == JsonValueKind.Null ? 0 : Whole(value);
                    break;
                case "msgid" when type == typeof(MessageAnswer):
                    id = TryWhole(value, out var number) ? number : null;
                    break;
                case "user_info_list" when type == typeof(FollowerBatchAnswer):
                    followers = value.ValueKind == JsonValueKind.Null ? null : [.. Items(value).Select(Person)];
                    break;
                case "total" when type == typeof(FollowerPageAnswer):
                    total = value.ValueKind == JsonValueKind.Null ? null : Whole(value);
                    break;
                case "count" when type == typeof(FollowerPageAnswer):
                    count = value.ValueKind == JsonValueKind.Null ? null : Whole(value);
                    break;
                case "next_openid" when type == typeof(FollowerPageAnswer):
                    next = TextOnly(value);
                    break;
                case "data" when type == typeof(FollowerPageAnswer):
                    hasData = value.ValueKind == JsonValueKind.Object;
                    openIds = null;
                    foreach (var inner in hasData ? value.EnumerateObject() : default)
                    {
                        if (inner.NameEquals("openid"))
                        {
                            openIds = inner.Value.ValueKind == JsonValueKind.Null
                                ? null
                                : [.. Items(inner.Value).Select(TextOnly).OfType<string>().Where(static one => !string.IsNullOrWhiteSpace(one) && PlatformId.Fits(one))];
                        }
                    }

                    break;
            }
        }

        var common = Common(code, hasCode, message);
        return type == typeof(AccessTokenAnswer) ? common + $"{token ?? "null"} {expires}"
            : type == typeof(MessageAnswer) ? common + $"{id}"
            : type == typeof(FollowerAnswer) ? common + Dump.Of(Person(root))
            : type == typeof(FollowerBatchAnswer) ? common + Dump.Of(followers)
            : common + $"{total} {count} {next ?? "null"} {!hasData} {Dump.Of(openIds)}";
    }

    private static string Common(int? code, bool hasCode, string? message) => string.Create(CultureInfo.InvariantCulture, $"{code} {hasCode} {message ?? "null"} ");

    private static Expected Person(JsonElement value)
    {
        var person = new Expected(default);
        if (value.ValueKind == JsonValueKind.Null)
        {
            return person;
        }

        foreach (var member in value.ValueKind == JsonValueKind.Object ? value.EnumerateObject() : throw new FormatException())
        {
            var inner = member.Value;
            person = member.Name switch
            {
                "openid" => person with { OpenId = TextOnly(inner) is { } id && !string.IsNullOrWhiteSpace(id) ? id : null },
                "unionid" => person with { UnionId = TextOnly(inner)?.Trim() is { Length: > 0 } id ? id : null },
                "subscribe" => person with { Subscribes = Whole(inner) != 0 },
                "subscribe_time" => person with { SubscribeTime = inner.ValueKind == JsonValueKind.Null ? 0 : Whole(inner) },
                "subscribe_scene" => person with { SubscribeScene = Text(inner) },
                "remark" => person with { Remark = Text(inner) },
                "qr_scene" => person with { QrScene = Text(inner) },
                "qr_scene_str" => person with { QrSceneText = Text(inner) },
                "tagid_list" => person with
                {
                    Tags = inner.ValueKind == JsonValueKind.Array && inner.GetArrayLength() > 0 ? string.Join(',', inner.EnumerateArray().Select(Small)) : "",
                },
                _ => person,
            };
        }

        return person;
    }

    private static IEnumerable<JsonElement> Items(JsonElement value) => value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : throw new FormatException();

    private static string? TextOnly(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Null => null,
        _ => throw new FormatException(),
    };

    private static string? Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number => TryWhole(value, out var number) ? number.ToString(CultureInfo.InvariantCulture) : value.GetRawText(),
        _ => null,
    };

    private static int Small(JsonElement value) => Whole(value) is >= int.MinValue and <= int.MaxValue and var number ? (int)number : throw new FormatException();

    private static long Whole(JsonElement value) => TryWhole(value, out var number) ? number : throw new FormatException();

    private static bool TryWhole(JsonElement value, out long number)
    {
        number = 0;
        var written = 0m;
        var isNumber = value.ValueKind switch
        {
            JsonValueKind.Number when value.TryGetInt64(out number) => true,
            JsonValueKind.String when long.TryParse(value.GetString(), NumberStyles.Integer, CultureInfo.InvariantCulture, out number) => true,
            JsonValueKind.Number => value.TryGetDecimal(out written),
            JsonValueKind.String => decimal.TryParse(value.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out written),
            _ => false,
        };
        if (isNumber && number == 0 && written != 0)
        {
            isNumber = decimal.Truncate(written) == written && written is >= long.MinValue and <= long.MaxValue;
            number = isNumber ? (long)written : 0;
        }

        return isNumber;
    }

    /// <summary>A follower, in this file's own words.</summary>
    private sealed record Expected(
        string? OpenId, string? UnionId, bool Subscribes, long SubscribeTime, string? SubscribeScene, string? Remark, string? QrScene, string? QrSceneText, string Tags)
    {
        public Expected(FollowerWire wire)
            : this(
                wire.OpenId, wire.UnionId, wire.Subscribes, wire.SubscribeTime, wire.SubscribeScene, wire.Remark, wire.QrScene, wire.QrSceneText,
                string.Join(',', wire.TagIds ?? []))
        {
        }
    }
}
