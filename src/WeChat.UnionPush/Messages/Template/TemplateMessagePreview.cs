using System.Text;

namespace WeChat.UnionPush;

/// <summary>Lays out a message as the phone does: the title, a line for each value, and the link.</summary>
internal static class TemplateMessagePreview
{
    public static string Text(TemplateMessage message, MessageTemplate? template)
    {
        var lines = new StringBuilder();
        if (template is null)
        {
            foreach (var field in message.Fields)
            {
                if (!TemplateMessageValidation.IsHidden(field.Key))
                {
                    lines.Append(field.Key).Append(':').Append(Shown(field, TemplateKeyWords.IsHistorical(field.Key))).Append('\n');
                }
            }
        }
        else
        {
            Fill(lines, message, template);
        }

        var text = new StringBuilder(template?.Title ?? message.TemplateId);
        foreach (var line in lines.ToString().Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            text.Append('\n').Append(line);
        }

        if (message.MiniProgram is { } miniProgram)
        {
            text.Append("\n小程序 > ").Append(miniProgram.PagePath ?? miniProgram.AppId);
        }
        else if (message.Url is { } url)
        {
            text.Append("\n详情 > ").Append(url);
        }

        return text.ToString();
    }

    private static void Fill(StringBuilder lines, TemplateMessage message, MessageTemplate template)
    {
        var at = 0;
        foreach (var place in template.Places)
        {
            lines.Append(template.Content, at, place.Start - at);
            foreach (var field in message.Fields)
            {
                if (string.Equals(field.Key, place.Key, StringComparison.Ordinal))
                {
                    lines.Append(Shown(field, template.IsHistorical));
                }
            }

            at = place.End;
        }

        lines.Append(template.Content, at, template.Content.Length - at);
    }

    private static string Shown(TemplateField field, bool historical) =>
        TemplateMessageValidation.IsHidden(field.Key) ? "" : historical ? TemplateMessageValidation.Shown(field.Value) : field.Value;
}
