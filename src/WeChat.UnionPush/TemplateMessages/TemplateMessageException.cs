using System.Text;

namespace WeChat.UnionPush;

/// <summary>A template message was not sent, because the platform would have refused it. Nothing was asked of the platform.</summary>
public sealed class TemplateMessageException : Exception
{
    /// <summary>Makes the exception of a message's problems.</summary>
    /// <param name="templateId">Id of the template.</param>
    /// <param name="problems">All problems; at least one is an error.</param>
    public TemplateMessageException(string templateId, IReadOnlyList<TemplateMessageProblem> problems)
        : base(Describe(templateId, problems))
    {
        TemplateId = templateId;
        Problems = problems;
    }

    /// <summary>Id of the template the message was made for.</summary>
    public string TemplateId { get; }

    /// <summary>Everything that was found, warnings too, in the order of the fields.</summary>
    public IReadOnlyList<TemplateMessageProblem> Problems { get; }

    private static string Describe(string templateId, IReadOnlyList<TemplateMessageProblem> problems)
    {
        ArgumentNullException.ThrowIfNull(problems);
        var text = new StringBuilder("The message of the template '").Append(templateId).Append("' was not sent.");
        foreach (var problem in problems)
        {
            if (problem.Severity == TemplateProblemSeverity.Error)
            {
                text.Append(' ').Append(problem.Message);
            }
        }

        return text.ToString();
    }
}
