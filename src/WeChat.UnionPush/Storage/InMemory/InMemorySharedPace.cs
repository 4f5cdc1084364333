namespace WeChat.UnionPush.Storage;

/// <summary>Pace and day's calls within one process.</summary>
internal sealed class InMemorySharedPace(TimeProvider timeProvider) : ISharedPace
{
    private readonly Dictionary<string, PaceState> _states = new(StringComparer.Ordinal);

    public ValueTask<PaceGrant> TakeAsync(PaceRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_states)
        {
            var (state, grant) = _states.GetValueOrDefault(request.AppId, PaceState.None).Apply(request, timeProvider.GetUtcNow());
            _states[request.AppId] = state;
            return new(grant);
        }
    }
}
