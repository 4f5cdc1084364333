namespace WeChat.UnionPush;

/// <summary>
/// What is known of the taps with which Mini Program users allowed subscribe messages. It is fed by the callback's events, by sends, and by what the host
/// reports here. No API of the platform tells how many taps a user has given.
/// </summary>
public interface ISubscribeConsents
{
    /// <summary>
    /// Reports what <c>wx.requestSubscribeMessage</c> answered. It is the quickest source, and the only one for users who keep "allow". An event about the same
    /// tap is not counted again. Report each answer once.
    /// </summary>
    /// <param name="miniProgramOpenId">The user's openid in the Mini Program, from the host's own session and never from the client.</param>
    /// <param name="answers">The answer for each template id: <c>accept</c> and its variants count; <c>reject</c>, <c>ban</c> and <c>filter</c> allow nothing.</param>
    /// <param name="kept">What the user keeps for each template id (总是保持以上选择), <c>accept</c> or <c>reject</c>, from <c>wx.getSetting</c>
    /// (<c>subscriptionsSetting.itemSettings</c>). Templates in <paramref name="answers"/> that are not in it are taken to keep nothing;
    /// <see langword="null"/> where it was not asked for.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="ArgumentException">An id is empty or too long, or there are more than 20 templates.</exception>
    /// <exception cref="InvalidOperationException">The registration's storage keeps no consents (<see cref="IUnionPushStorage.Consents"/>).</exception>
    Task ReportAsync(
        string miniProgramOpenId, IReadOnlyDictionary<string, string> answers, IReadOnlyDictionary<string, string>? kept = null, CancellationToken cancellationToken = default);

    /// <summary>Reads what is known of one user and template.</summary>
    /// <param name="miniProgramOpenId">The user's openid in the Mini Program.</param>
    /// <param name="templateId">Id of the Mini Program's subscription template.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="InvalidOperationException">The registration's storage keeps no consents.</exception>
    ValueTask<ConsentState> GetAsync(string miniProgramOpenId, string templateId, CancellationToken cancellationToken = default);

    /// <summary>Counts the users who can be sent at least one message of a template.</summary>
    /// <param name="templateId">Id of the Mini Program's subscription template.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="InvalidOperationException">The registration's storage keeps no consents.</exception>
    ValueTask<long> CountAsync(string templateId, CancellationToken cancellationToken = default);
}
