using System.Collections.Frozen;
using System.Globalization;

namespace WeChat.UnionPush.Testing;

/// <summary>
/// The platform's numbers and texts as data, each with where it is from and how sure it is: A documented, B seen in real answers, C uncertain. The files beside
/// this one hold them; docs/platform.md explains them.
/// </summary>
internal static class PlatformRules
{
    private static readonly FrozenDictionary<string, PlatformRule> ByName = Read("numbers.tsv", static columns => new PlatformRule(columns[0], columns[1], columns[3], columns[4]));
    private static readonly FrozenDictionary<string, PlatformRule> ByCode = Read("errors.tsv", static columns => new PlatformRule(columns[0], columns[1], columns[2], columns[3]));

    public static IReadOnlyList<PlatformRule> Numbers => ByName.Values;

    public static IReadOnlyList<PlatformRule> Texts => ByCode.Values;

    /// <summary>A number by its name in numbers.tsv.</summary>
    public static int Number(string name) => int.Parse(ByName[name].Value, CultureInfo.InvariantCulture);

    /// <summary>A number of seconds by its name in numbers.tsv.</summary>
    public static TimeSpan Seconds(string name) => TimeSpan.FromSeconds(Number(name));

    /// <summary>What the platform writes beside a code: its own words where a real answer has shown them, else what its table means.</summary>
    public static string TextOf(int code) =>
        ByCode.TryGetValue(code.ToString(CultureInfo.InvariantCulture), out var rule) ? rule.Value : "unknown error";

    private static FrozenDictionary<string, PlatformRule> Read(string file, Func<string[], PlatformRule> make)
    {
        using var stream = typeof(PlatformRules).Assembly.GetManifestResourceStream($"WeChat.UnionPush.Testing.{file}")!;
        using var reader = new StreamReader(stream);
        reader.ReadLine();
        var rules = new List<PlatformRule>();
        while (reader.ReadLine() is { Length: > 0 } line)
        {
            rules.Add(make(line.Split('\t')));
        }

        return rules.ToFrozenDictionary(static rule => rule.Name, StringComparer.Ordinal);
    }
}

/// <summary>One fact.</summary>
/// <param name="Name">What it is, or the return code.</param>
/// <param name="Value">The number, or the text.</param>
/// <param name="Confidence">A, B or C.</param>
/// <param name="Source">A page under <c>https://developers.weixin.qq.com</c>, or what else is known of where it is from.</param>
internal sealed record PlatformRule(string Name, string Value, string Confidence, string Source);
