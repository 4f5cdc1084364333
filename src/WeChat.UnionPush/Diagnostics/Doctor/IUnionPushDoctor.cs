namespace WeChat.UnionPush.Diagnostics;

/// <summary>
/// Examines one registration from its options to its buried events, and says of each thing that is wrong what to do and which page of the console to open.
/// The tool <c>unionpush doctor</c> does the same from outside of the host.
/// </summary>
public interface IUnionPushDoctor
{
    /// <summary>
    /// Examines everything, one thing after the other: options, stores, network, clock, credentials, tokens, addresses, account, quota, templates, the Open Platform
    /// account, the callback, the sync, and buried events. What rests on something that failed is <see cref="DoctorVerdict.Skipped"/>, so the first finding that is
    /// a warning or a failure names the cause. It sends no message, replaces no token, and makes about twenty calls of the day's quotas.
    /// </summary>
    /// <param name="questions">What cannot be known from the registration; nothing by default.</param>
    /// <param name="cancellationToken">Ends the examination.</param>
    /// <returns>The findings, each as soon as it is known. What goes wrong is a finding and not an exception.</returns>
    IAsyncEnumerable<DoctorFinding> ExamineAsync(DoctorQuestions? questions = null, CancellationToken cancellationToken = default);
}
