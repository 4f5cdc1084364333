using System.Text;

namespace WeChat.UnionPush;

/// <summary>A template message was not sent, because the platform would have refused it. The platform was not called.</summary>
public sealed class TemplateMessageException : Exception
{
    /// <summary>Makes the exception from a message's problems.</summary>
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
            // A key that the template does not have is not an error by itself, but it is usually the reason why another key is missing.
            if (problem.Severity == TemplateProblemSeverity.Error || problem.Rule == TemplateMessageRule.UnknownKey)
            {
                text.Append(' ').Append(problem.Message);
            }
        }

        return text.ToString();
    }
}
