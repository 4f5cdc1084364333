namespace WeChat.UnionPush.Diagnostics;

/// <summary>Collects the findings of one check.</summary>
internal sealed class DoctorNotes
{
    private readonly List<DoctorFinding> _findings = [];

    public IReadOnlyList<DoctorFinding> Findings => _findings;

    public bool HasFailed => _findings.Exists(static finding => finding.Verdict == DoctorVerdict.Failed);

    public void Ok(string check, string message) => _findings.Add(new DoctorFinding(check, DoctorVerdict.Ok, message));

    public void Skip(string check, string message, string? advice = null) =>
        _findings.Add(new DoctorFinding(check, DoctorVerdict.Skipped, message) { Advice = advice });

    public void Warn(string check, string problem, string message, string? advice = null, string? page = null) =>
        Add(check, DoctorVerdict.Warning, problem, message, advice, page);

    public void Fail(string check, string problem, string message, string? advice = null, string? page = null) =>
        Add(check, DoctorVerdict.Failed, problem, message, advice, page);

    /// <summary>Notes a call that the platform refused, or that got no answer.</summary>
    public void Refused(string check, WeChatApiException exception, WeChatAccountKind account)
    {
        var (problem, advice, page) = DoctorRefusals.Explain(exception, account);
        Add(check, DoctorRefusals.IsPassing(exception) ? DoctorVerdict.Warning : DoctorVerdict.Failed, problem, exception.Message, advice, page);
    }

    private void Add(string check, DoctorVerdict verdict, string problem, string message, string? advice, string? page) =>
        _findings.Add(new DoctorFinding(check, verdict, message) { Problem = problem, Advice = advice, Page = page });
}
