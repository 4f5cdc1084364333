using Spectre.Console;

namespace WeChat.UnionPush.Tool.Output;

/// <summary>Writes for the reader: tables and colours in a terminal, plain lines with tabs in a pipe.</summary>
internal static class Terminal
{
    public static bool IsPlain => Console.IsOutputRedirected;

    public static void Line(string text) => Console.Out.WriteLine(text);

    /// <summary>Rows with a head. In a pipe each row is a line, and each cell ends at a tab.</summary>
    public static void Table(IReadOnlyList<string> head, IEnumerable<IReadOnlyList<string>> rows)
    {
        if (IsPlain)
        {
            Line(string.Join('\t', head));
            foreach (var row in rows)
            {
                Line(string.Join('\t', row.Select(static cell => cell.ReplaceLineEndings(" ").Replace('\t', ' '))));
            }

            return;
        }

        var table = new Table().Border(TableBorder.Rounded);
        foreach (var name in head)
        {
            table.AddColumn(new TableColumn(name.EscapeMarkup()));
        }

        foreach (var row in rows)
        {
            table.AddRow([.. row.Select(static cell => cell.EscapeMarkup())]);
        }

        AnsiConsole.Write(table);
    }

    /// <summary>Names with values, one pair a line.</summary>
    public static void Pairs(params IEnumerable<(string Name, string Value)> pairs)
    {
        if (IsPlain)
        {
            foreach (var (name, value) in pairs)
            {
                Line($"{name}\t{value}");
            }

            return;
        }

        var grid = new Grid().AddColumn(new GridColumn().NoWrap().PadRight(3)).AddColumn();
        foreach (var (name, value) in pairs)
        {
            grid.AddRow($"[bold]{name.EscapeMarkup()}[/]", value.EscapeMarkup());
        }

        AnsiConsole.Write(grid);
    }

    /// <summary>Shows a bar while something runs; nothing in a pipe.</summary>
    public static async Task<T> WithBarAsync<T>(string name, Func<Action<long, long>, Task<T>> run) => IsPlain
        ? await run(static (_, _) => { })
        : await AnsiConsole.Progress().AutoClear(true).StartAsync(async context =>
        {
            var bar = context.AddTask(name.EscapeMarkup());
            return await run((done, total) =>
            {
                bar.MaxValue = Math.Max(1, total);
                bar.Value = done;
            });
        });
}
