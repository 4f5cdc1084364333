namespace WeChat.UnionPush.Tests.Architecture;

/// <summary>What the compiler and its analyzers do not look at: how long lines and files are.</summary>
public sealed class SourceFileTests
{
    private static readonly string[] Folders = ["src", "tests", "samples", "benchmarks"];

    [Fact]
    public void No_line_is_longer_than_the_editorconfig_says()
    {
        const int Longest = 180;
        Assert.Contains($"max_line_length = {Longest}\n", File.ReadAllText(Path.Combine(Repository.Root, ".editorconfig")), StringComparison.Ordinal);

        var lines = Folders.SelectMany(Repository.Sources)
            .SelectMany(file => File.ReadLines(Path.Combine(Repository.Root, file)).Select((line, index) => (Place: $"{file}({index + 1})", line.Length))).ToList();

        Assert.InRange(lines.Count, 50_000, int.MaxValue);
        Assert.Empty(lines.Where(line => line.Length > Longest).Select(line => $"{line.Place}: {line.Length} characters. Break it at a comma, an operator or a dot."));
    }

    [Fact]
    public void No_file_of_what_ships_is_longer_than_one_reads_at_a_time()
    {
        const int Longest = 350;

        // A conformance suite is one list of cases, which is read case by case.
        var files = Repository.Sources("src").Where(file => !file.Contains("/Conformance/", StringComparison.Ordinal))
            .Select(file => (Name: file, Lines: File.ReadLines(Path.Combine(Repository.Root, file)).Count())).ToList();

        Assert.InRange(files.Count, 250, int.MaxValue);
        Assert.Empty(files.Where(file => file.Lines > Longest).Select(file => $"{file.Name}: {file.Lines} lines. Split it by what its parts do."));
    }

    [Fact]
    public void The_MySQL_package_has_its_dialect_and_nothing_that_SQL_stores_share()
    {
        var lines = Repository.Sources("src/WeChat.UnionPush.MySql").Sum(file => File.ReadLines(Path.Combine(Repository.Root, file)).Count());
        Assert.True(lines <= 750, $"{lines} lines. What other SQL stores need too belongs in src/Shared/Sql.");
    }
}
