using System.Globalization;
using System.Text.RegularExpressions;
using WeChat.UnionPush.Testing;
using WeChat.UnionPush.Tests.Architecture;

namespace WeChat.UnionPush.Tests.Testing;

/// <summary>
/// docs/platform.md was written from the platform's pages, not from this code. The simulated platform and the library are held against its tables, so that what is
/// wrong in one of them shows.
/// </summary>
public sealed partial class PlatformRulesTests
{
    [Fact]
    public void Every_number_and_text_of_the_simulated_platform_says_where_it_is_from_and_how_sure_it_is()
    {
        Assert.All(PlatformRules.Numbers.Concat(PlatformRules.Texts), rule =>
        {
            Assert.Contains(rule.Confidence, (string[])["A", "B", "C"]);
            Assert.False(string.IsNullOrWhiteSpace(rule.Source), rule.Name);
            Assert.False(string.IsNullOrWhiteSpace(rule.Value), rule.Name);
            if (rule.Confidence == "A")
            {
                Assert.StartsWith("/", rule.Source, StringComparison.Ordinal);
            }
        });
    }

    [Fact]
    public void The_numbers_of_the_simulated_platform_are_those_of_the_page()
    {
        var page = Table("Numbers").Select(static row => (row[0], row[1], row[3], row[4])).Order();
        Assert.Equal(page, PlatformRules.Numbers.Select(static rule => (rule.Name, rule.Value, rule.Confidence, rule.Source)).Order());
    }

    [Fact]
    public void Every_code_that_the_simulated_platform_answers_is_on_the_page_or_has_a_page_of_its_own()
    {
        var codes = Codes().Select(static row => row.Code).ToHashSet();
        Assert.All(
            PlatformRules.Texts.Where(static rule => !rule.Source.StartsWith('/')),
            rule => Assert.Contains(int.Parse(rule.Name, CultureInfo.InvariantCulture), codes));
    }

    [Fact]
    public void The_library_puts_every_code_of_the_page_into_the_class_that_the_page_gives_it()
    {
        // Where nothing of its own is known about an API, so that the general reading counts.
        var differing = Codes()
            .Select(static row => (row.Code, row.Class, Library: WeChatApiErrors.Classify("/cgi-bin/nothing/special", row.Code, errorMessage: null).ToString()))
            .Where(static row => row.Class != row.Library);
        Assert.Empty(differing);
    }

    [Fact]
    public void Codes_of_which_the_page_says_that_they_differ_by_API_do_so_in_the_library()
    {
        string[] paths =
        [
            "/cgi-bin/token", "/cgi-bin/stable_token", "/sns/jscode2session", "/cgi-bin/message/template/send", "/cgi-bin/user/get", "/cgi-bin/user/info",
        ];
        Assert.All(Codes().Where(static row => row.DiffersByApi), row =>
        {
            var readings = paths.Select(path => WeChatApiErrors.Create(path, row.Code, null)).Select(static error => (error.ErrorClass, error.Message.Split('.')[1])).Distinct();
            Assert.True(readings.Count() > 1, $"{row.Code} is read alike everywhere");
        });
    }

    [Theory]
    [MemberData(nameof(Limits))]
    public void A_value_as_long_as_the_page_allows_passes_in_the_library_and_on_the_simulated_platform_and_a_longer_one_does_not(string type, int longest)
    {
        var (good, bad) = (Value(type, longest), Value(type, longest + 1));
        Assert.Equal(ValueVerdict.Taken, ValueRules.Judge(type, good, null, isSandbox: false));
        Assert.Equal(ValueVerdict.Refused, ValueRules.Judge(type, bad, null, isSandbox: false));
        Assert.Empty(TemplateMessage.Create("template").Set($"{type}1", good).Build().Validate());
        Assert.NotEmpty(TemplateMessage.Create("template").Set($"{type}1", bad).Build().Validate());
    }

    public static TheoryData<string, int> Limits()
    {
        var limits = new TheoryData<string, int>();
        foreach (var row in Table("Values in category templates"))
        {
            limits.Add(row[0], int.Parse(row[1], CultureInfo.InvariantCulture));
        }

        return limits;
    }

    private static string Value(string type, int length) => type switch
    {
        "phrase" or "name" => new string('汉', length),
        "amount" => $"¥{new string('1', length)}",
        "car_number" => $"粤{new string('1', length - 1)}",
        "phone_number" or "number" => new string('1', length),
        "symbol" => new string('#', length),
        "thing" or "const" => new string('中', length),
        _ => new string('a', length),
    };

    private static IEnumerable<(int Code, string Class, bool DiffersByApi)> Codes()
    {
        foreach (var row in Table("Return codes"))
        {
            var bounds = Code().Matches(row[0]).Select(static match => int.Parse(match.Value, CultureInfo.InvariantCulture)).ToArray();
            for (var code = bounds[0]; code <= bounds[^1]; code++)
            {
                yield return (code, row[2], row[0].EndsWith('*'));
            }
        }
    }

    /// <summary>The rows of the table under a heading, without its head.</summary>
    private static IReadOnlyList<string[]> Table(string heading)
    {
        var rows = File.ReadLines(Path.Combine(Repository.Root, "docs", "platform.md"))
            .SkipWhile(line => line != $"## {heading}").Skip(1)
            .TakeWhile(static line => !line.StartsWith("## ", StringComparison.Ordinal))
            .Where(static line => line.StartsWith('|'))
            .Skip(2)
            .Select(static line => line.Trim('|').Split('|', StringSplitOptions.TrimEntries)).ToList();
        Assert.NotEmpty(rows);
        return rows;
    }

    [GeneratedRegex("-?[0-9]+")]
    private static partial Regex Code();
}
