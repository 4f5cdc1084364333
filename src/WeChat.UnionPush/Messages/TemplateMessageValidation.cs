using System.Collections.Immutable;

namespace WeChat.UnionPush;

/// <summary>Checks messages. A message without problems allocates nothing.</summary>
internal static class TemplateMessageValidation
{
    /// <summary>Characters of a value that a historical template shows.</summary>
    public const int HistoricalLimit = 20;

    public static IReadOnlyList<TemplateMessageProblem> Problems(ImmutableArray<TemplateField> fields, MessageTemplate? template, TemplateValuePolicy policy)
    {
        var judge = new Judge(fields, template, policy, listing: true);
        judge.Run();
        return judge.Problems ?? [];
    }

    public static bool HasErrors(ImmutableArray<TemplateField> fields, MessageTemplate? template, TemplateValuePolicy policy)
    {
        var judge = new Judge(fields, template, policy, listing: false);
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

    private struct Judge(ImmutableArray<TemplateField> fields, MessageTemplate? template, TemplateValuePolicy policy, bool listing)
    {
        public List<TemplateMessageProblem>? Problems { get; private set; }

        public bool HasErrors { get; private set; }

        public void Run()
        {
            var namesAKey = NamesAKey();
            foreach (ref readonly var field in fields.AsSpan())
            {
                if (template is null ? TemplateKeyForms.IsPlain(field.Key) : template.Has(field.Key))
                {
                    Value(field);
                }
                else if (template is null)
                {
                    NoKey(field, namesAKey);
                }
                else
                {
                    Unknown(field, namesAKey);
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

        /// <summary>Whether at least one key is valid: it is in the template, or, when the template is not known, it is spelt like a key.</summary>
        private readonly bool NamesAKey()
        {
            foreach (ref readonly var field in fields.AsSpan())
            {
                if (template is null ? TemplateKeyForms.IsPlain(field.Key) : template.Has(field.Key))
                {
                    return true;
                }
            }

            return false;
        }

        private void Value(in TemplateField field)
        {
            if (TemplateFieldRules.For(field.Key) is { } rule)
            {
                Typed(field, rule);
            }
            else if (!listing)
            {
                return;
            }
            else if (IsHidden(field.Key) || template is { IsHistorical: true } || TemplateKeyWords.IsHistorical(field.Key))
            {
                Historical(field);
            }
            else if (template is null && TemplateKeyForms.KeyInOtherCase(field.Key) is { } lower)
            {
                Add(field, TemplateMessageRule.UnknownKey, TemplateProblemSeverity.Warning, TemplateCharacters.Count(field.Value),
                    $"'{field.Key}' is probably no key of the template: keys are written in small letters, as in '{lower}'.", lower);
            }
            else if (template is null && TemplateKeyForms.LacksNumber(field.Key))
            {
                Add(field, TemplateMessageRule.UnknownKey, TemplateProblemSeverity.Warning, TemplateCharacters.Count(field.Value),
                    $"'{field.Key}' is probably no key of the template: keys have a number, as in '{field.Key}1'.");
            }
        }

        private void Typed(in TemplateField field, TemplateFieldRule rule)
        {
            var severity = policy == TemplateValuePolicy.PassThrough ? TemplateProblemSeverity.Warning : TemplateProblemSeverity.Error;
            var value = field.Value;
            if (TemplateCharacters.IsBlank(value))
            {
                Add(field, TemplateMessageRule.Empty, severity, rule.LengthOf(value), listing ? $"The value of '{field.Key}' is empty or blank." : "");
                return;
            }

            var (form, length) = (rule.FitOf(value), rule.FitOfLength(value));
            if (form == TemplateFit.Fits && length == TemplateFit.Fits)
            {
                return;
            }

            var mended = listing || policy == TemplateValuePolicy.Trim ? rule.Mend(value) : value;
            var mends = !ReferenceEquals(mended, value) && !TemplateCharacters.IsBlank(mended)
                && rule.FitOf(mended) != TemplateFit.Refused && rule.FitOfLength(mended) != TemplateFit.Refused;
            var isMended = mends && policy == TemplateValuePolicy.Trim;
            if (form != TemplateFit.Fits)
            {
                Add(field, TemplateMessageRule.Malformed, form == TemplateFit.Unproven || isMended ? TemplateProblemSeverity.Warning : severity, rule.LengthOf(value),
                    listing ? FormText(field, rule, form, isMended) : "",
                    mends && form == TemplateFit.Refused ? mended : rule.Example);
            }

            if (length != TemplateFit.Fits)
            {
                Add(field, TemplateMessageRule.TooLong, length == TemplateFit.Unproven || isMended ? TemplateProblemSeverity.Warning : severity, rule.LengthOf(value),
                    listing ? LengthText(field, rule, length, isMended) : "",
                    mends ? mended : null);
            }
        }

        private static string FormText(in TemplateField field, TemplateFieldRule rule, TemplateFit form, bool isMended)
        {
            var mending = isMended ? ", so it is mended" : "";
            return field.Value.Any(char.IsControl) ? $"The value of '{field.Key}' has a line break or another control character; {rule.AWord} takes none{mending}."
                : rule.IsMoment && TemplateMoments.HasOtherTilde(field.Value)
                    ? $"The value of '{field.Key}' joins its two ends with another sign than '~' (U+007E), the tilde of an English keyboard; write that one{mending}."
                : form == TemplateFit.Refused ? $"The value of '{field.Key}' does not fit: {rule.AWord} takes {rule.Takes}."
                : $"Whether the platform takes the value of '{field.Key}' is not known: {rule.AWord} takes {rule.Takes}.";
        }

        private static string LengthText(in TemplateField field, TemplateFieldRule rule, TemplateFit length, bool isMended)
        {
            var (count, limit) = (rule.LengthOf(field.Value), rule.LimitFor(field.Value));
            var unit = rule.CountDigits is null ? "characters" : "digits";
            return length == TemplateFit.Unproven
                ? $"The value of '{field.Key}' has {count} {unit} where joined ones count each, and {TemplateCharacters.CountVisible(field.Value)} to the eye; " +
                    $"{rule.AWord} takes at most {limit}, and how the platform counts is not known{(isMended ? ", so it is cut" : "")}."
                : $"The value of '{field.Key}' has {count} {unit}; {rule.AWord} takes at most {limit}{(isMended ? ", so it is cut" : "")}.";
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

        /// <summary>A text that is not a key in any template.</summary>
        private void NoKey(in TemplateField field, bool namesAKey)
        {
            // A placeholder certainly means a key, which is then missing. A label may be set in addition to all the right keys; it would only be dropped.
            var key = TemplateKeyForms.KeyInPlace(field.Key);
            Add(field, TemplateMessageRule.UnknownKey, key is null && namesAKey ? TemplateProblemSeverity.Warning : TemplateProblemSeverity.Error,
                TemplateCharacters.Count(field.Value),
                !listing ? ""
                    : key is not null ? $"'{field.Key}' is no key but the place of one in the template's text; use '{key}'."
                    : $"'{field.Key}' is no key of a template, perhaps the label before it; use the key that stands behind the label between the braces, such as 'thing1'.",
                key);
        }

        private void Unknown(in TemplateField field, bool namesAKey)
        {
            if (IsHidden(field.Key) && namesAKey)
            {
                if (listing)
                {
                    Historical(field);
                }

                return;
            }

            // Usually only a warning: the platform drops unknown keys, and refuses the message because of the right key that is missing.
            var nearest = listing ? TemplateKeyWords.Nearest(field.Key, fields, template!) : null;
            Add(field, TemplateMessageRule.UnknownKey, namesAKey ? TemplateProblemSeverity.Warning : TemplateProblemSeverity.Error, TemplateCharacters.Count(field.Value),
                listing ? UnknownText(field.Key, nearest, namesAKey) : "",
                nearest);
        }

        private readonly string UnknownText(string key, string? nearest, bool namesAKey)
        {
            var has = nearest is not null ? $"; it has '{nearest}'" : namesAKey ? "" : $"; its keys are {string.Join(", ", template!.Keys.Select(static key => $"'{key.Name}'"))}";
            return namesAKey
                ? $"The template has no key '{key}', so its value is dropped{has}."
                : $"The message names no key of the template, which has no '{key}'{has}.";
        }

        private void Missing(in TemplateKey key)
        {
            if (IsHidden(key.Name) || TemplateKeyWords.Sets(fields, key.Name))
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
