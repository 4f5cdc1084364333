using WeChat.UnionPush.Templates;
using WeChat.UnionPush.Tool.Output;

namespace WeChat.UnionPush.Tool.Hosts;

/// <summary>The message of a command line.</summary>
internal static class Message
{
    /// <summary>Builds the message, shows it as the phone will, and refuses one that the platform would refuse.</summary>
    public static async Task<TemplateMessage> BuildAsync(HostAccess host, string templateId, IReadOnlyList<string> data, string? url, CancellationToken cancellationToken)
    {
        var builder = TemplateMessage.Create(templateId);
        foreach (var field in data)
        {
            builder = field.IndexOf('=', StringComparison.Ordinal) is > 0 and var at
                ? builder.Set(field[..at], field[(at + 1)..])
                : throw new ToolException($"--data {field} is given as key=value.");
        }

        if (url is not null)
        {
            builder = builder.Url(url);
        }

        var message = builder.Build();
        var template = await host.Get<ITemplateCatalog>().FindAsync(templateId, cancellationToken)
            ?? throw new ToolException($"The account has no template {templateId}. unionpush templates list shows those that it has.");
        Terminal.Line(message.Preview(template).TrimEnd());
        var problems = message.Validate(template);
        foreach (var problem in problems)
        {
            var mark = problem.Severity == TemplateProblemSeverity.Error ? "✗" : "!";
            Terminal.Line($"{mark} {problem.Key}: {problem.Message}{(problem.Suggestion is null ? "" : $" Would fit: {problem.Suggestion}")}");
        }

        return problems.Any(static problem => problem.Severity == TemplateProblemSeverity.Error)
            ? throw new ToolException("The platform would refuse this message.")
            : message;
    }
}
