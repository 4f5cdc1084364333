using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Spectre.Console;
using WeChat.UnionPush.Diagnostics;
using WeChat.UnionPush.Templates;
using WeChat.UnionPush.Tool.Hosts;
using WeChat.UnionPush.Tool.Output;

namespace WeChat.UnionPush.Tool.Commands;

/// <summary><c>unionpush doctor</c>: exit code 0 when all is well, 1 when something should be looked at, 2 when something must be mended.</summary>
internal static class DoctorCommand
{
    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "Writes the findings as JSON." };
        var url = new Option<Uri?>("--callback-url") { Description = "The URL that the console has for message push. It is asked to echo, as the console asks." };
        var templates = new Option<FileInfo?>("--templates") { Description = "The templates.json of the host's typed records; templates.json of the folder when left out." };
        return HostCommand.Create(
            "doctor",
            "Examines a host's configuration, network, credentials, account, templates, callback and store, and says what to do.",
            [json, url, templates],
            (parsed, host, cancellationToken) => RunAsync(host, parsed.GetValue(json), parsed.GetValue(url), parsed.GetValue(templates), cancellationToken));
    }

    private static async Task<int> RunAsync(HostAccess host, bool json, Uri? url, FileInfo? templates, CancellationToken cancellationToken)
    {
        if (url is { IsAbsoluteUri: false })
        {
            throw new ToolException("--callback-url is an absolute URL, such as https://shop.example.com/wechat/callback.");
        }

        var questions = new DoctorQuestions { CallbackUrl = url, ExaminesStores = host.HasStore, ExpectedTemplates = ReadTemplates(host, templates) };
        var findings = new List<DoctorFinding>();
        if (!host.HasStore)
        {
            findings.Add(new DoctorFinding("store", DoctorVerdict.Skipped, "No database is named, so nothing that the host has stored is examined.")
            {
                Advice = "Name it with --connection, or as ConnectionStrings:UnionPush in the host's configuration.",
            });
        }

        if (host.IsClassic)
        {
            findings.Add(new DoctorFinding("options", DoctorVerdict.Warning,
                "The host takes its tokens on the classic channel: each program that fetches one ends that of the others.")
            {
                Problem = "classic_channel",
                Advice = "Set AccessToken:Channel to Stable, unless one place gives the tokens to all programs of this account.",
            });
        }

        foreach (var finding in findings.Where(_ => !json))
        {
            Show(finding);
        }

        await foreach (var finding in host.Get<IUnionPushDoctor>().ExamineAsync(questions, cancellationToken))
        {
            findings.Add(finding);
            if (!json)
            {
                Show(finding);
            }
        }

        var (failed, warned) = (findings.Count(static finding => finding.Verdict == DoctorVerdict.Failed),
            findings.Count(static finding => finding.Verdict == DoctorVerdict.Warning));
        var exitCode = failed > 0 ? 2 : warned > 0 ? 1 : 0;
        if (json)
        {
            Terminal.Line(JsonSerializer.Serialize(
                new DoctorReport(exitCode, findings.Find(static finding => finding.Verdict is DoctorVerdict.Failed or DoctorVerdict.Warning)?.Problem, findings),
                DoctorJson.Readable.DoctorReport));
        }
        else
        {
            Terminal.Line(exitCode == 0 ? "Nothing is wrong." : $"{failed} to mend, {warned} to look at. The first one is often the cause of the others.");
        }

        return exitCode;
    }

    private static IReadOnlyCollection<MessageTemplate> ReadTemplates(HostAccess host, FileInfo? named)
    {
        var file = named ?? new FileInfo(Path.Combine(host.Folder, "templates.json"));
        if (named is null && !file.Exists)
        {
            return [];
        }

        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(file.FullName));
            return
            [
                .. document.RootElement.GetProperty("template_list").EnumerateArray().Select(static template => new MessageTemplate(
                    template.GetProperty("template_id").GetString()!, template.GetProperty("title").GetString()!, template.GetProperty("content").GetString()!)),
            ];
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new ToolException($"{file.FullName} is no list of templates as unionpush templates export writes it.");
        }
    }

    private static void Show(DoctorFinding finding)
    {
        var (mark, color) = finding.Verdict switch
        {
            DoctorVerdict.Ok => ("✓", "green"),
            DoctorVerdict.Skipped => ("–", "grey"),
            DoctorVerdict.Warning => ("!", "yellow"),
            _ => ("✗", "red"),
        };
        if (Terminal.IsPlain)
        {
            Terminal.Line($"{mark} {finding.Check}{(finding.Problem is null ? "" : $" [{finding.Problem}]")}: {finding.Message}"
                + $"{(finding.Advice is null ? "" : $" → {finding.Advice}")}{(finding.Page is null ? "" : $" ({finding.Page})")}".ReplaceLineEndings(" "));
            return;
        }

        var grid = new Grid().AddColumn(new GridColumn().NoWrap().PadRight(1)).AddColumn();
        grid.AddRow($"[{color}]{mark}[/]", $"[{color}]{finding.Check.EscapeMarkup()}[/]  {finding.Message.EscapeMarkup()}");
        if (finding.Advice is { } advice)
        {
            grid.AddRow("", $"[bold]→[/] {advice.EscapeMarkup()}");
        }

        if (finding.Page is { } page)
        {
            grid.AddRow("", $"[grey]{page.EscapeMarkup()}[/]");
        }

        AnsiConsole.Write(grid);
    }
}

/// <summary>The findings as JSON.</summary>
/// <param name="ExitCode">0, 1 or 2.</param>
/// <param name="First">The name of the first thing that is wrong, or nothing.</param>
/// <param name="Findings">All findings, in the order of the examination.</param>
internal sealed record DoctorReport(int ExitCode, string? First, IReadOnlyList<DoctorFinding> Findings);

/// <summary>Writes the report with Chinese as it is.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, UseStringEnumConverter = true, WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(DoctorReport))]
internal sealed partial class DoctorJson : JsonSerializerContext
{
    public static DoctorJson Readable => new(new JsonSerializerOptions(Default!.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
