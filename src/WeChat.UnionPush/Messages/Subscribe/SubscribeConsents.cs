using Microsoft.Extensions.Logging;

namespace WeChat.UnionPush;

/// <summary>The consents of one registration: the host reports them, and sends use them up.</summary>
internal sealed class SubscribeConsents(string miniProgramAppId, IConsentLedger? ledger, TimeProvider time, ILogger<SubscribeConsents> logger) : ISubscribeConsents
{
    private const int MostTemplates = 20;

    private IConsentLedger Ledger => ledger ?? throw new InvalidOperationException(
        "The registration's storage keeps no consents to subscribe messages (IUnionPushStorage.Consents). Use a storage of the library's, or implement it.");

    public async Task ReportAsync(
        string miniProgramOpenId, IReadOnlyDictionary<string, string> answers, IReadOnlyDictionary<string, string>? kept = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(miniProgramOpenId);
        ArgumentNullException.ThrowIfNull(answers);
        if (answers.Count > MostTemplates || kept?.Count > MostTemplates)
        {
            throw new ArgumentException(
                $"A report has at most {MostTemplates} templates; wx.requestSubscribeMessage takes 5.", answers.Count > MostTemplates ? nameof(answers) : nameof(kept));
        }

        // All keys are checked before anything is written.
        var now = time.GetUtcNow();
        var changes = new List<(ConsentKey Key, ConsentChangeKind Kind)>();
        foreach (var (templateId, answer) in answers)
        {
            var key = KeyOf(miniProgramOpenId, templateId);
            if (IsAccepted(answer))
            {
                changes.Add((key, ConsentChangeKind.Reported));
            }

            if (kept?.ContainsKey(templateId) == false)
            {
                changes.Add((key, ConsentChangeKind.Asked));
            }
        }

        if (kept is not null)
        {
            foreach (var (templateId, choice) in kept)
            {
                changes.Add((KeyOf(miniProgramOpenId, templateId), IsAccepted(choice) ? ConsentChangeKind.AlwaysAccepts : ConsentChangeKind.AlwaysRefuses));
            }
        }

        foreach (var (key, kind) in changes)
        {
            await Ledger.ApplyAsync(key, new ConsentChange(kind, now), cancellationToken).ConfigureAwait(false);
        }
    }

    public ValueTask<ConsentState> GetAsync(string miniProgramOpenId, string templateId, CancellationToken cancellationToken = default) =>
        Ledger.GetAsync(KeyOf(miniProgramOpenId, templateId), cancellationToken);

    public ValueTask<long> CountAsync(string templateId, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(templateId);
        return Ledger.CountAsync(miniProgramAppId, templateId, cancellationToken);
    }

    /// <summary>Takes a credit before a send.</summary>
    /// <returns>Whether there was one; null where the storage keeps no consents.</returns>
    public async ValueTask<bool?> TryTakeAsync(ConsentKey key, DateTimeOffset now, CancellationToken cancellationToken) =>
        ledger is null ? null : await ledger.ApplyAsync(key, new ConsentChange(ConsentChangeKind.Taken, now), cancellationToken).ConfigureAwait(false);

    /// <summary>Writes down what the platform answered to a send. Never fails: the answer counts whether it can be kept or not.</summary>
    /// <param name="key">Whose consent to what.</param>
    /// <param name="kind">The platform said that nothing was sent, or that no credit is left.</param>
    /// <param name="asked">The time before the send.</param>
    public async ValueTask LearnAsync(ConsentKey key, ConsentChangeKind kind, DateTimeOffset asked)
    {
        if (ledger is null)
        {
            return;
        }

        try
        {
            await ledger.ApplyAsync(key, new ConsentChange(kind, asked), CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            Log.ConsentNotSaved(logger, key.AppId, exception);
        }
    }

    private static bool IsAccepted(string? answer) => answer?.StartsWith("accept", StringComparison.OrdinalIgnoreCase) == true;

    private ConsentKey KeyOf(string miniProgramOpenId, string templateId) => new(miniProgramAppId, miniProgramOpenId, templateId);
}
