namespace WeChat.UnionPush.Storage;

/// <summary>Consents within one process.</summary>
internal sealed class InMemoryConsentLedger : IConsentLedger
{
    private readonly Dictionary<ConsentKey, ConsentState> _states = [];

    public ValueTask<ConsentState> GetAsync(ConsentKey key, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_states)
        {
            return new(_states.GetValueOrDefault(key, ConsentState.None));
        }
    }

    public ValueTask<bool> ApplyAsync(ConsentKey key, ConsentChange change, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_states)
        {
            var before = _states.GetValueOrDefault(key, ConsentState.None);
            var after = before.Apply(change);
            if (ReferenceEquals(before, after))
            {
                return new(false);
            }

            _states[key] = after;
            return new(true);
        }
    }

    public ValueTask<long> CountAsync(string appId, string templateId, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_states)
        {
            return new(_states.LongCount(entry => entry.Value.Credits > 0
                && string.Equals(entry.Key.AppId, appId, StringComparison.Ordinal) && string.Equals(entry.Key.TemplateId, templateId, StringComparison.Ordinal)));
        }
    }

    public ValueTask<IReadOnlyList<string>> ListAsync(string appId, string templateId, string? afterOpenId, int limit, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_states)
        {
            return new([.. _states
                .Where(entry => entry.Value.Credits > 0
                    && string.Equals(entry.Key.AppId, appId, StringComparison.Ordinal) && string.Equals(entry.Key.TemplateId, templateId, StringComparison.Ordinal)
                    && (afterOpenId is null || string.CompareOrdinal(entry.Key.OpenId, afterOpenId) > 0))
                .Select(static entry => entry.Key.OpenId).Order(StringComparer.Ordinal).Take(limit)]);
        }
    }

    public ValueTask ForgetAsync(string appId, IReadOnlyCollection<string> openIds, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(openIds);
        cancellationToken.ThrowIfCancellationRequested();
        var gone = openIds.ToHashSet(StringComparer.Ordinal);
        lock (_states)
        {
            foreach (var key in _states.Keys.Where(key => string.Equals(key.AppId, appId, StringComparison.Ordinal) && gone.Contains(key.OpenId)).ToList())
            {
                _states.Remove(key);
            }
        }

        return default;
    }
}
