namespace WeChat.UnionPush;

/// <summary>Judges messages. A message without a problem costs no allocation.</summary>
internal static class TemplateMessageValidation
{
    /// <summary>Characters of a value that a historical template shows.</summary>
    public const int HistoricalLimit = 20;

    public static IReadOnlyList<TemplateMessageProblem> Problems(TemplateMessage message, MessageTemplate? template, TemplateValuePolicy policy)
    {
        var judge = new Judge(message, template, policy, listing: true);
        judge.Run();
        return judge.Problems ?? [];
    }

    public static bool HasErrors(TemplateMessage message, MessageTemplate? template, TemplateValuePolicy policy)
    {
        var judge = new Judge(message, template, policy, listing: false);
        judge.Run();
        return judge.HasErrors;
    }

    /// <summary>Whether the platform has stopped showing the key, in every template.</summary>
    public static bool IsHidden(string key) => key is "first" or "remark";

    /// <summary>What a historical template shows of a value.</summary>
    public static string Shown(string value)
    {
        var line = value.AsSpan();
        var end = line.IndexOfAny('\r', '\n');
        line = end < 0 ? line : line[..end];

        var length = 0;
        var count = 0;
        foreach (var rune in line.EnumerateRunes())
        {
            if (++count > HistoricalLimit)
            {
                return string.Concat(line[..length], "…");
            }

            length += rune.Utf16SequenceLength;
        }

        return end < 0 ? value : new(line);
    }

    private struct Judge(TemplateMessage message, MessageTemplate? template, TemplateValuePolicy policy, bool listing)
    {
        public List<TemplateMessageProblem>? Problems { get; private set; }

        public bool HasErrors { get; private set; }

        public void Run()
        {
            foreach (ref readonly var field in message.Fields.AsSpan())
            {
                if (template is null || template.Has(field.Key))
                {
                    Value(field);
                }
                else if (listing)
                {
                    Unknown(field);
                }

                if (listing && field.Color is not null)
                {
                    Add(field, TemplateMessageRule.ColorNotShown, TemplateProblemSeverity.Warning, TemplateCharacters.Count(field.Value),
                        $"The colour of '{field.Key}' is not shown; the platform has shown none since May 2023.");
                }
            }

            if (template is not null)
            {
                foreach (ref readonly var key in template.Keys.AsSpan())
                {
                    Missing(key);
                }
            }
        }

        private void Value(in TemplateField field)
        {
            if (TemplateFieldRules.For(field.Key) is { } rule)
            {
                Typed(field, rule);
            }
            else if (listing && (IsHidden(field.Key) || template is { IsHistorical: true } || TemplateKeyWords.IsHistorical(field.Key)))
            {
                Historical(field);
            }
        }

        private void Typed(in TemplateField field, TemplateFieldRule rule)
        {
            var severity = policy == TemplateValuePolicy.PassThrough ? TemplateProblemSeverity.Warning : TemplateProblemSeverity.Error;
            if (string.IsNullOrWhiteSpace(field.Value))
            {
                Add(field, TemplateMessageRule.Empty, severity, rule.LengthOf(field.Value), listing ? $"The value of '{field.Key}' is empty or blank." : "");
                return;
            }

            if (!rule.HasShape(field.Value))
            {
                Add(field, TemplateMessageRule.Malformed, severity, rule.LengthOf(field.Value),
                    listing ? $"The value of '{field.Key}' does not fit: a {rule.Word} takes {rule.Takes}." : "",
                    rule.Example);
            }

            // No value has more characters than UTF-16 units, so most need no counting.
            if (field.Value.Length > (rule.ChineseLimit ?? rule.Limit) && rule.LengthOf(field.Value) is var length && length > rule.LimitFor(field.Value))
            {
                var trims = policy == TemplateValuePolicy.Trim && rule.Ellipsis is not null;
                Add(field, TemplateMessageRule.TooLong, trims ? TemplateProblemSeverity.Warning : severity, length,
                    listing ? $"The value of '{field.Key}' has {length} {(rule.CountDigits is null ? "characters" : "digits")}; a {rule.Word} takes at most {rule.LimitFor(field.Value)}{(trims ? ", so it is cut" : "")}." : "",
                    listing && rule.Ellipsis is not null ? rule.Trim(field.Value) : null);
            }
        }

        private void Historical(in TemplateField field)
        {
            var length = TemplateCharacters.Count(field.Value);
            if (IsHidden(field.Key))
            {
                Add(field, TemplateMessageRule.NotShown, TemplateProblemSeverity.Warning, length,
                    $"'{field.Key}' is not shown; the platform has dropped it since May 2023.");
            }
            else if (string.IsNullOrWhiteSpace(field.Value))
            {
                Add(field, TemplateMessageRule.Empty, TemplateProblemSeverity.Warning, length, $"The value of '{field.Key}' is empty, and so will be its line.");
            }
            else if (Shown(field.Value) is var shown && !ReferenceEquals(shown, field.Value))
            {
                Add(field, TemplateMessageRule.CutOff, TemplateProblemSeverity.Warning, length,
                    $"Of '{field.Key}' only the first {HistoricalLimit} characters are shown, up to the first line break; it has {length}.",
                    shown);
            }
        }

        private void Unknown(in TemplateField field)
        {
            if (IsHidden(field.Key))
            {
                Historical(field);
                return;
            }

            // No more than a warning: the platform drops what it does not know, and refuses the message for the right key that is missing.
            var nearest = TemplateKeyWords.Nearest(field.Key, message, template!);
            Add(field, TemplateMessageRule.UnknownKey, TemplateProblemSeverity.Warning, TemplateCharacters.Count(field.Value),
                $"The template has no key '{field.Key}', so its value is dropped{(nearest is null ? "" : $"; it has '{nearest}'")}.",
                nearest);
        }

        private void Missing(in TemplateKey key)
        {
            if (IsHidden(key.Name) || TemplateKeyWords.Sets(message, key.Name))
            {
                return;
            }

            Add(new(key.Name, ""), TemplateMessageRule.MissingKey,
                template!.IsHistorical ? TemplateProblemSeverity.Warning : TemplateProblemSeverity.Error,
                0,
                listing ? $"The template's key '{key.Name}'{(key.Label.Length == 0 ? "" : $" ({key.Label})")} is not set." : "");
        }

        private void Add(in TemplateField field, TemplateMessageRule rule, TemplateProblemSeverity severity, int length, string text, string? suggestion = null)
        {
            HasErrors |= severity == TemplateProblemSeverity.Error;
            if (listing)
            {
                (Problems ??= []).Add(new(field.Key, rule, severity, length, text, suggestion));
            }
        }
    }
}
