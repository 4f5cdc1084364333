using System.Text.Json;
using System.Text.RegularExpressions;

namespace WeChat.UnionPush.Tests.Architecture;

/// <summary>The dashboard of the sample asks for metrics and labels that exist, and leaves no metric out.</summary>
public sealed partial class DashboardTests
{
    private static readonly string[] HistogramSuffixes = ["_bucket", "_count", "_sum"];

    [Fact]
    public void Every_metric_has_a_place_on_the_dashboard_and_the_dashboard_asks_for_no_other()
    {
        var instruments = Instruments();
        Assert.InRange(instruments.Count, 10, 100);

        var asked = Expressions().SelectMany(expression => AskedMetric().Matches(expression).Select(match => WithoutSuffix(match.Value))).ToHashSet(StringComparer.Ordinal);
        Assert.Equal(instruments.Order(StringComparer.Ordinal), asked.Order(StringComparer.Ordinal));

        string WithoutSuffix(string name) =>
            HistogramSuffixes.Where(suffix => name.EndsWith(suffix, StringComparison.Ordinal)).Select(suffix => name[..^suffix.Length])
                .FirstOrDefault(instruments.Contains) ?? name;
    }

    [Fact]
    public void Every_label_is_a_tag_of_the_library()
    {
        var tags = AnyTag().Matches(Created().Replace(Source(), "")).Select(match => match.Groups[1].Value.Replace('.', '_')).ToHashSet(StringComparer.Ordinal);
        var labels = Expressions().SelectMany(expression => GroupedBy().Matches(expression)).SelectMany(match => match.Groups[1].Value.Split(", "))
            .Where(label => label != "le").ToHashSet(StringComparer.Ordinal);
        Assert.InRange(labels.Count, 4, 100);
        Assert.Empty(labels.Except(tags));
    }

    /// <summary>As Prometheus names them: the unit and "total" behind the name, and no unit that stands in braces.</summary>
    private static HashSet<string> Instruments() => Created().Matches(Source()).Select(match =>
    {
        var unit = match.Groups[3].Value switch
        {
            "s" => "_seconds",
            var other when other.StartsWith('{') => "",
            var other => throw new InvalidOperationException($"What does Prometheus call {other}?"),
        };
        return match.Groups[2].Value.Replace('.', '_') + unit + (match.Groups[1].Value == "Counter" ? "_total" : "");
    }).ToHashSet(StringComparer.Ordinal);

    private static List<string> Expressions()
    {
        using var dashboard = JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Root, "samples/Observability/dashboard.json")));
        return [.. dashboard.RootElement.GetProperty("panels").EnumerateArray().SelectMany(panel => panel.GetProperty("targets").EnumerateArray())
            .Select(target => target.GetProperty("expr").GetString()!)];
    }

    private static string Source() => File.ReadAllText(Path.Combine(Repository.Root, "src/WeChat.UnionPush/Observability/Telemetry.cs"));

    [GeneratedRegex(@"Create(Counter|Histogram)(?:<\w+>)?\(\s*""([\w.]+)"",\s*""([^""]+)""")]
    private static partial Regex Created();

    [GeneratedRegex(@"\bwechat_\w+(?=\{)")]
    private static partial Regex AskedMetric();

    [GeneratedRegex(@"by \(([^)]+)\)")]
    private static partial Regex GroupedBy();

    [GeneratedRegex(@"""((?:wechat|error)\.[\w.]+)""")]
    private static partial Regex AnyTag();
}
