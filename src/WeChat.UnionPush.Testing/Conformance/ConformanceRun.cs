using System.Runtime.CompilerServices;

namespace WeChat.UnionPush.Testing;

/// <summary>One run of one case: opens the store as often as the case needs, and closes what it opened.</summary>
internal sealed class ConformanceRun<TStore>(string caseName, Func<TimeProvider, CancellationToken, ValueTask<TStore>> openAsync, CancellationToken cancellationToken)
    : IAsyncDisposable
    where TStore : class
{
    private readonly List<TStore> _opened = [];

    public ConformanceClock Clock { get; } = new();

    public CancellationToken CancellationToken => cancellationToken;

    public async Task<TStore> OpenAsync()
    {
        var store = await openAsync(Clock, cancellationToken).ConfigureAwait(false)
            ?? throw new ConformanceException(caseName, "the factory gave no store.");
        _opened.Add(store);
        return store;
    }

    public void True(bool condition, string expectation)
    {
        if (!condition)
        {
            throw new ConformanceException(caseName, $"expected that {expectation}.");
        }
    }

    public void Equal<T>(T expected, T actual, [CallerArgumentExpression(nameof(actual))] string what = "")
    {
        if (!EqualityComparer<T>.Default.Equals(expected, actual))
        {
            throw new ConformanceException(caseName, $"expected {expected} and got {actual} for {what}.");
        }
    }

    /// <summary>Expects the same items, in any order, each the same number of times.</summary>
    public void Same<T>(IEnumerable<T> expected, IEnumerable<T> actual, [CallerArgumentExpression(nameof(actual))] string what = "")
        where T : notnull
    {
        var counts = new Dictionary<T, int>();
        foreach (var item in expected)
        {
            counts[item] = counts.GetValueOrDefault(item) + 1;
        }

        foreach (var item in actual)
        {
            counts[item] = counts.GetValueOrDefault(item) - 1;
        }

        foreach (var (item, count) in counts)
        {
            True(count == 0, $"{what} {(count > 0 ? "has" : "does not have")} {Describe(item)}{(Math.Abs(count) > 1 ? $" {Math.Abs(count)} times" : "")}");
        }
    }

    public async Task<TException> ThrowsAsync<TException>(Func<Task> action, string what)
        where TException : Exception
    {
        try
        {
            await action().ConfigureAwait(false);
        }
        catch (TException exception)
        {
            return exception;
        }
        catch (Exception exception) when (exception is not ConformanceException)
        {
            throw new ConformanceException(caseName, $"expected {typeof(TException).Name} from {what} and got {exception.GetType().Name}: {exception.Message}", exception);
        }

        throw new ConformanceException(caseName, $"expected {typeof(TException).Name} from {what} and nothing was thrown.");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var store in _opened.Distinct())
        {
            switch (store)
            {
                case IAsyncDisposable disposable:
                    await disposable.DisposeAsync().ConfigureAwait(false);
                    break;
                case IDisposable disposable:
                    disposable.Dispose();
                    break;
            }
        }
    }

    private static string Describe<T>(T item) => item is WeChatIdentity identity
        ? $"{identity} (UnionID {identity.UnionId ?? "none"}, {identity.FollowState}, observed {identity.ObservedAt:O}, details {identity.DetailsAt?.ToString("O") ?? "never"})"
        : item?.ToString() ?? "null";
}
