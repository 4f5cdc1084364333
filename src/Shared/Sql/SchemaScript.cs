using System.Globalization;
using System.Text.RegularExpressions;

namespace WeChat.UnionPush;

/// <summary>
/// A schema as one file of sections. Each begins with a line <c>-- version N</c>, upgrades the schema from the previous version to its own, and records
/// the version. An empty database runs all sections and an older one those it lacks, so a new database and an upgraded one are the same.
/// </summary>
internal sealed partial class SchemaScript
{
    private readonly List<string> _sections = [];

    public SchemaScript(string text)
    {
        var headings = Heading().Matches(text);
        for (var i = 0; i < headings.Count; i++)
        {
            if (int.Parse(headings[i].Groups["version"].ValueSpan, CultureInfo.InvariantCulture) != i + 1)
            {
                throw new ArgumentException($"Section {i + 1} of the schema is headed '{headings[i].Value.Trim()}'.", nameof(text));
            }

            _sections.Add(text[headings[i].Index..(i + 1 < headings.Count ? headings[i + 1].Index : text.Length)]);
        }
    }

    /// <summary>The version that the last section leads to.</summary>
    public int Version => _sections.Count;

    /// <summary>The text of the <c>Schema.sql</c> embedded beside a type.</summary>
    public static string TextBeside(Type type)
    {
        using var reader = new StreamReader(type.Assembly.GetManifestResourceStream(type, "Schema.sql")!);
        return reader.ReadToEnd();
    }

    /// <summary>The sections that a database of some version lacks, in their order; none when it is up to date.</summary>
    /// <exception cref="UnionPushStorageException">The database was made by a newer version of the library.</exception>
    public IReadOnlyList<string> UpgradesFrom(int version) => version <= Version
        ? _sections[version..]
        : throw new UnionPushStorageException(
            $"The database has schema version {version} and this version of the library knows versions up to {Version}. Update the library in every process that " +
                "uses the database.",
            isTransient: false);

    [GeneratedRegex(@"^-- version (?<version>\d+)\r?$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Heading();
}
