using System.Globalization;

namespace WeChat.UnionPush.Diagnostics;

/// <summary>Whether the account has templates, those that the host's typed records were made from, and whether messages of them were held back.</summary>
internal sealed class TemplateChecks(DoctorState state)
{
    private const int Counted = 100;

    // As far back as an operator can do something about it.
    private static readonly TimeSpan Recent = TimeSpan.FromDays(7);

    public async Task CheckAsync(DoctorNotes notes, CancellationToken cancellationToken)
    {
        const string Check = "templates";
        var catalog = state.Subject.Catalog;
        var templates = await catalog.ListAsync(refresh: true, cancellationToken).ConfigureAwait(false);
        if (templates.Count == 0)
        {
            notes.Fail(Check, "none", "The account has no message template.",
                "Apply for the function 模板消息, and add a template of the account's categories (类目模板).", DoctorPages.Templates);
            return;
        }

        foreach (var expected in state.Questions.ExpectedTemplates)
        {
            if (templates.FirstOrDefault(template => string.Equals(template.Id, expected.Id, StringComparison.Ordinal)) is not { } own)
            {
                notes.Fail(Check, "missing", $"The account has no template {expected.Id} ({expected.Title}), from which a typed record was made.",
                    "Add it, or export the account's templates again (unionpush templates export) and build the host anew.", DoctorPages.Templates);
            }
            else if (Differences(expected, own) is { Length: > 0 } differences)
            {
                notes.Fail(Check, "keys_changed", $"The template {own.Id} ({own.Title}) has other keys than the typed record: {differences}.",
                    "Export the account's templates again (unionpush templates export) and build the host anew.", DoctorPages.Templates);
            }
        }

        var since = state.Subject.Time.GetUtcNow() - Recent;
        foreach (var template in templates)
        {
            var count = 0;
            await foreach (var blocked in catalog.ListBlockedAsync(template.Id, cancellationToken).ConfigureAwait(false))
            {
                if (blocked.SentAt >= since && ++count == Counted)
                {
                    break;
                }
            }

            if (count > 0)
            {
                notes.Warn(Check, "blocked", string.Create(CultureInfo.InvariantCulture,
                    $"{(count == Counted ? $"{Counted} or more" : count)} messages of the template {template.Id} ({template.Title}) were held back within a week."),
                    "Stop using this template, look at its state in the console, and word its values without advertising.", DoctorPages.Templates);
            }
        }

        if (notes.Findings.Count == 0)
        {
            notes.Ok(Check, string.Create(CultureInfo.InvariantCulture, $"The account has {templates.Count} templates."));
        }
    }

    private static string Differences(Templates.MessageTemplate expected, Templates.MessageTemplate own)
    {
        var missing = expected.Keys.Where(key => !own.Has(key.Name)).Select(static key => $"{key.Name} is gone");
        var added = own.Keys.Where(key => !expected.Has(key.Name)).Select(static key => $"{key.Name} is new");
        return string.Join(", ", missing.Concat(added));
    }
}
