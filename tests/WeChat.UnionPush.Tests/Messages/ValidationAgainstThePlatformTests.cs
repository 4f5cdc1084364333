using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.DependencyInjection;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Messages;

public sealed class ValidationAgainstThePlatformTests
{
    private static readonly string[] Types =
    [
        "thing", "character_string", "time", "date", "amount", "phone_number", "car_number", "const", "phrase", "number", "letter", "symbol", "name", "enum", "short_thing",
    ];

    private static readonly string[] Words =
    [
        "", " ", "\u3000", "a", "Z", "7", "0", "汉", "𠮷", "〇", "😀", "👨‍👩‍👧", "e\u0301", "é", "か", "\ufeff", "\ud83d", "-", "+", ".", "。", "·", "%", "¥", "\uffe5", "€",
            "元", "~", ":", "\uff1a",
        "/", "\n", "\t", "\u0085", "\u2028", "…", "Ⅷ", "\uff17", "1,000", "39.80", "12345678901", "+86-0766-66888866", "粤A8Z888挂", "配送中", "15:01", "9:05:59", "24:00", "2019年10月1日",
        "2026-11-22", "2026/2/29", "2024.02.29", "10:00~12:00", "now", "TIT创意园", "20261122001", "\"\\", "\uFF5E", "\u301C", "\u200b", "\u200d", "\u202e", "\ufe0f",
            "\U000E0100", "\u3164", "年", "月", "日", "号", "点", "分",
        "秒", "T", "Z", "11月26日", "2026年11月", "2026.11", "01-01", "30/12", "2月30日", "15点30分", "10:00:00.123", "13-45", "1,000.50", "-5", "３", "2026-11-26T10:00", "5个",
    ];

    private static readonly Gen<string> Value = Gen.OneOf(
        Gen.Elements(Words),
        Gen.Elements(Words).ListOf().Select(words => string.Concat(words.Take(6))),
        Gen.Zip(Gen.Elements(Words), Gen.Choose(0, 33)).Select(filling => string.Concat(Enumerable.Repeat(filling.Item1, filling.Item2))),
        from left in Gen.Elements(Words) from between in Gen.Elements(" ", "~", "") from right in Gen.Elements(Words) select left + between + right,
        Gen.Choose(4, 33).Select(length => new string('7', length)),
        ArbMap.Default.GeneratorFor<NonNull<string>>().Select(text => text.Get));

    /// <summary>A template's keys, and for each the value that a message gives it: most often one of the type, so that whole messages pass too.</summary>
    private static readonly Gen<(string Key, string? Value)[]> Draft =
        from historical in Gen.Frequency((4, Gen.Constant(false)), (1, Gen.Constant(true)))
        from count in Gen.Choose(1, 3)
        from fields in Gen.ArrayOf(
            from type in Gen.Elements(Types)
            from value in Gen.Frequency((2, Gen.Constant(TemplateFieldRules.For(type + "1")!.Example)), (3, AtTheLimit(type)), (3, Value))
            from left in Gen.Choose(0, 20)
            select (type, left == 0 ? null : value),
            count)
        select fields.Select((field, i) => ($"{(historical ? "keyword" : field.type)}{i + 1}", field.Item2)).ToArray();

    private static Gen<string> AtTheLimit(string type) =>
        from filling in Gen.Elements("汉", "𠮷", "a", "7", "%", "😀", "e\u0301")
        from limit in Gen.Elements(TemplateFieldRules.For(type + "1")!.LimitFor(filling) is var limit && limit < int.MaxValue ? limit : 20)
        from length in Gen.Choose(limit - 1, limit + 1)
        from end in Gen.Elements("", "", "汉", "a", ".5", "元")
        select string.Concat(Enumerable.Repeat(filling, length - (end.Length == 1 ? 1 : 0))) + end;

    private static readonly Gen<string> Extra = Gen.Elements("", "", "", "first", "remark", "thing01", "thing99", "nonsense");

    /// <summary>
    /// Two readings of the same sources, written apart: the library's judgement and the simulated platform's check of the same message. What validation passes in
    /// silence the platform takes, however strict it is; what it warns of the platform takes or not; what it rejects the platform refuses, however lenient.
    /// </summary>
    [Fact]
    public async Task What_validation_accepts_the_platform_accepts_and_what_it_rejects_the_platform_refuses()
    {
        var platform = new SimulatedPlatform(new ManualTimeProvider(new DateTimeOffset(2026, 11, 22, 4, 0, 0, TimeSpan.Zero)), 1);
        var account = platform.AddOfficialAccount(Town.OfficialAccountAppId, Secrets.OfficialAccount, Town.OpenPlatform);
        platform.AddMiniProgram(Town.MiniProgramAppId, Secrets.MiniProgram, Town.OpenPlatform);
        account.KeepsMessages = false;
        var person = platform.AddPerson();
        person.Follow(account);
        var services = new ServiceCollection();
        services.AddWeChatUnionPush(Town.SetCredentials).UseSimulator(platform);
        await using var provider = services.BuildServiceProvider();
        var sender = provider.GetRequiredService<ITemplateMessageSender>();
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);

        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(10_000),
            Prop.ForAll(Gen.Zip(Draft, Extra).ToArbitrary(), drawn =>
            {
                var (draft, extra) = drawn;
                var simulated = account.AddTemplate("t", string.Concat(draft.Select(field => $"标签:{{{{{field.Key}.DATA}}}}\n")));
                var builder = TemplateMessage.Create(simulated.Id);
                foreach (var (key, value) in draft)
                {
                    if (value is not null)
                    {
                        builder.Set(key, value);
                    }
                }

                builder.Set(extra.Length == 0 ? "other" : extra, "x");
                var template = new MessageTemplate(simulated.Id, simulated.Title, simulated.Content);
                var problems = builder.Build().Validate(template);
                if (draft.All(field => field.Value is null))
                {
                    // Not a value's fault: a message that names no key at all is stopped even where the platform would deliver blank lines.
                    return problems.Any(problem => problem.Severity == TemplateProblemSeverity.Error).Label("a message without a key of the template is rejected");
                }

                var says = problems.Any(problem => problem.Severity == TemplateProblemSeverity.Error) ? "error"
                    : template.IsHistorical || !problems.Any(problem => problem.Rule is TemplateMessageRule.Malformed or TemplateMessageRule.TooLong) ? "ok"
                    : "warning";
                var message = builder.WhenValuesDoNotFit(TemplateValuePolicy.PassThrough).Build();
                account.RefusesUnprovenValues = false;
                var lenient = Sends(sender, person.OpenIdIn(account), message);
                account.RefusesUnprovenValues = true;
                var strict = Sends(sender, person.OpenIdIn(account), message);
                var does = strict ? "ok" : lenient ? "warning" : "error";
                counts[says] = counts.GetValueOrDefault(says) + 1;
                return (says == does).Label($"validation says {says}, the platform {does}");
            }));

        // No answer is so rare that it was hardly tried.
        Assert.All(["ok", "warning", "error"], says => Assert.InRange(counts[says], 200, 9000));
    }

    private static bool Sends(ITemplateMessageSender sender, string openId, TemplateMessage message)
    {
        try
        {
            var result = sender.SendAsync(openId, message).GetAwaiter().GetResult();
            Assert.Equal(PushStatus.Sent, result.Status);
            return true;
        }
        catch (WeChatApiException exception) when (exception.ErrorCode == 47003)
        {
            return false;
        }
    }
}
