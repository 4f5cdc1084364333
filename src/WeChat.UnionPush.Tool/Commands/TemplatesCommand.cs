using System.CommandLine;
using WeChat.UnionPush.Templates;
using WeChat.UnionPush.Tool.Output;

namespace WeChat.UnionPush.Tool.Commands;

/// <summary><c>unionpush templates</c>: the account's own templates.</summary>
internal static class TemplatesCommand
{
    public static Command Create() => new("templates", "The Official Account's message templates.") { CreateExport(), CreateList() };

    private static Command CreateExport()
    {
        var output = new Option<FileInfo?>("--output", "-o") { Description = "The file; the standard output when left out." };
        return HostCommand.Create(
            "export", "Writes the templates.json from which the source generator makes a record for each template.", [output],
            async (parsed, host, cancellationToken) =>
            {
                // Whole or not at all: the platform may refuse, and a build reads the file.
                using var text = new MemoryStream();
                await host.Get<ITemplateCatalog>().ExportAsync(text, cancellationToken);
                text.Position = 0;
                if (parsed.GetValue(output) is not { } file)
                {
                    await using var standard = Console.OpenStandardOutput();
                    await text.CopyToAsync(standard, cancellationToken);
                    return 0;
                }

                await using (var target = file.Create())
                {
                    await text.CopyToAsync(target, cancellationToken);
                }

                Terminal.Line($"{file.FullName} is written.");
                return 0;
            });
    }

    private static Command CreateList() => HostCommand.Create(
        "list", "Lists the templates with their keys.", [],
        async (_, host, cancellationToken) =>
        {
            var templates = await host.Get<ITemplateCatalog>().ListAsync(refresh: true, cancellationToken);
            Terminal.Table(["id", "title", "keys"], templates.Select(static template => (string[])
                [template.Id, template.Title, string.Join(", ", template.Keys.Select(static key => key.Name))]));
            return 0;
        });
}
