using System.Text.Json;

namespace WeChat.UnionPush.Tests.Messages;

/// <summary>The rows of <c>values.tsv</c>.</summary>
internal static class ValueTable
{
    public static IReadOnlyList<Row> Read()
    {
        using var reader = new StreamReader(typeof(ValueTable).Assembly.GetManifestResourceStream("values.tsv")!);
        return [.. reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => line[0] != '#').Select(line => line.Split('\t')).Select(cells =>
            new Row(cells[0], JsonSerializer.Deserialize<string>(cells[1])!, cells[2], cells[3]))];
    }

    internal sealed record Row(string Type, string Value, string Verdict, string Source)
    {
        public override string ToString() => $"{Type} {JsonSerializer.Serialize(Value)} {Verdict} ({Source})";
    }
}
