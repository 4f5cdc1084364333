using Spectre.Console;

namespace QuickStart;

/// <summary>Writes steps: in columns and colours in a terminal, and in a pipe as plain lines that are never broken.</summary>
internal static class Screen
{
    private const int StepWidth = 13;

    private static bool IsPlain => Console.IsOutputRedirected;

    public static void Line(string text = "")
    {
        if (IsPlain)
        {
            Console.WriteLine(text);
        }
        else
        {
            AnsiConsole.WriteLine(text);
        }
    }

    /// <summary>A step, what it came to, and a remark in grey.</summary>
    public static void Say(string step, string what, string? remark = null)
    {
        if (IsPlain)
        {
            Console.WriteLine($"{step,-StepWidth} {what}");
            if (remark is not null)
            {
                Console.WriteLine($"{"",-StepWidth} {remark}");
            }

            return;
        }

        var grid = new Grid().AddColumn(new GridColumn().NoWrap().Width(StepWidth).PadRight(1)).AddColumn();
        grid.AddRow($"[bold]{step.EscapeMarkup()}[/]", what.EscapeMarkup());
        if (remark is not null)
        {
            grid.AddRow("", $"[grey]{remark.EscapeMarkup()}[/]");
        }

        AnsiConsole.Write(grid);
    }

    public static void Table(IReadOnlyList<string> head, IEnumerable<IReadOnlyList<string>> rows)
    {
        if (IsPlain)
        {
            Console.WriteLine(string.Join('\t', head));
            foreach (var row in rows)
            {
                Console.WriteLine(string.Join('\t', row));
            }

            return;
        }

        var table = new Table().Border(TableBorder.Rounded).AddColumns([.. head.Select(static name => name.EscapeMarkup())]);
        foreach (var row in rows)
        {
            table.AddRow([.. row.Select(static cell => cell.EscapeMarkup())]);
        }

        AnsiConsole.Write(table);
    }

    public static void Card(string title, string text)
    {
        if (IsPlain)
        {
            Console.WriteLine($"{title}:");
            Console.WriteLine(text);
        }
        else
        {
            AnsiConsole.Write(new Panel(Markup.Escape(text)).Header(title.EscapeMarkup()));
        }
    }

    public static void Problem(string text) => Console.Error.WriteLine($"quickstart: {text.ReplaceLineEndings(" ")}");

    public static async Task<T> WithBarAsync<T>(string name, Func<Action<long, long>, Task<T>> step) => IsPlain
        ? await step(static (_, _) => { })
        : await AnsiConsole.Progress().AutoClear(true).StartAsync(async context =>
        {
            var bar = context.AddTask(name.EscapeMarkup());
            return await step((done, total) =>
            {
                bar.MaxValue = Math.Max(1, total);
                bar.Value = done;
            });
        });
}
