using System.Collections;
using System.Runtime.CompilerServices;

namespace WeChat.UnionPush.Testing;

/// <summary>The named cases of one contract. A case is a method whose name, with blanks for underscores, is the case's name.</summary>
internal sealed class ConformanceSuite<TStore> : IEnumerable<string>
    where TStore : class
{
    private readonly List<string> _names = [];
    private readonly Dictionary<string, Func<ConformanceRun<TStore>, Task>> _cases = new(StringComparer.Ordinal);

    public IReadOnlyList<string> CaseNames => _names;

    public void Add(Func<ConformanceRun<TStore>, Task> run, [CallerArgumentExpression(nameof(run))] string method = "")
    {
        var name = method[(method.LastIndexOf('.') + 1)..].Replace('_', ' ');
        _cases.Add(name, run);
        _names.Add(name);
    }

    public async Task RunAsync(string caseName, Func<TimeProvider, CancellationToken, ValueTask<TStore>> openAsync, CancellationToken cancellationToken)
    {
        if (!_cases.TryGetValue(caseName, out var run))
        {
            throw new ArgumentException($"There is no case \"{caseName}\"; take one of CaseNames.", nameof(caseName));
        }

        var conformance = new ConformanceRun<TStore>(caseName, openAsync, cancellationToken);
        await using (conformance.ConfigureAwait(false))
        {
            try
            {
                await run(conformance).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is not ConformanceException && !cancellationToken.IsCancellationRequested)
            {
                throw new ConformanceException(caseName, $"the store threw {exception.GetType().Name}: {exception.Message}", exception);
            }
        }
    }

    public IEnumerator<string> GetEnumerator() => _names.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
