using System.Diagnostics;
using System.Reflection;
using Xunit;
using Xunit.Runner.Common;
using Xunit.Sdk;
using Xunit.v3;

namespace WeChat.UnionPush.Mutation;

internal enum Verdict { Passed, Failed, TimedOut }

/// <summary>The tests, in this process, run as often as needed.</summary>
internal sealed class TestRun
{
    // Those that start servers or processes, those that go through very many inputs or orders, and whole towns: what they notice, a smaller test notices, or is
    // a gap. Those of schedules read the library's own code, in which the changes stand.
    private static readonly string[] LeftOut =
    [
        "Chaos", "Town", "ManyMachines", "Made_by_several_machines", "A_database_that_goes_away", "Property", "RefusedCredentials", "The_cut_leaves",
        "Who_comes_and_goes_during_a_walk", "ScheduleTests",
    ];

    // The folders of tests that drive the core in this process.
    private static readonly string[] Rooms =
    [
        "AccessTokens.", "Api.", "Broadcasts.", "Callbacks.", "Concurrency.", "DependencyInjection.", "Diagnostics.", "Followers.", "Hosts.", "Identities.", "Links.", "Messages.",
        "MiniPrograms.", "Observability.", "Push.", "Receipts.", "Stores.InMemory", "Stores.KeptFor", "Stores.Shared",
    ];

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);

    private readonly Assembly _assembly = Assembly.Load("WeChat.UnionPush.Tests");
    private readonly ITestFramework _framework;
    private readonly ITestFrameworkExecutionOptions _options;

    private TestRun()
    {
        _framework = ExtensibilityPointFactory.GetTestFramework(_assembly);
        _options = TestFrameworkOptions.ForExecution(new TestAssemblyConfiguration { ParallelizeTestCollections = false, SynchronousMessageReporting = true });
    }

    /// <summary>By their ids.</summary>
    public Dictionary<string, ITestCase> Cases { get; } = [];

    public static async Task<TestRun> DiscoverAsync()
    {
        var run = new TestRun();
        using var stop = new CancellationTokenSource();
        await run.Front().Find(
            NullMessageSink.Instance,
            TestFrameworkOptions.ForDiscovery(new TestAssemblyConfiguration { PreEnumerateTheories = true }),
            IsTried,
            stop,
            null,
            (test, isTried) =>
            {
                if (isTried)
                {
                    run.Cases[test.UniqueID] = test;
                }

                return new ValueTask<bool>(true);
            }).ConfigureAwait(false);
        return run;
    }

    /// <summary>
    /// Runs tests one after another up to the first that fails. When no test has ended for the limit, the one that runs hangs and is left alone; for half of it,
    /// when the process does nothing either: most hang because they wait for a moment that never comes.
    /// </summary>
    public async Task<(Verdict Verdict, string? Test)> RunAsync(IEnumerable<string> tests, TimeSpan limit)
    {
        using var stop = new CancellationTokenSource();
        var results = new Results(stop);
        var run = Task.Run(async () => await Front().Run(results, _options, [.. tests.Select(test => Cases[test])], stop).ConfigureAwait(false));
        _ = run.ContinueWith(static run => run.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        var timedOut = false;
        for (var (cpu, idle) = (Environment.CpuUsage.TotalTime, 0); !timedOut && !run.IsCompleted && !results.Failed.IsCompleted;)
        {
            await Task.WhenAny(run, results.Failed, Task.Delay(Tick)).ConfigureAwait(false);
            var now = Environment.CpuUsage.TotalTime;
            idle = now - cpu < Tick / 10 ? idle + 1 : 0;
            cpu = now;
            var still = Stopwatch.GetElapsedTime(results.LastEnd);
            timedOut = still > limit || (still > limit / 2 && idle * Tick > limit / 4);
        }

        await stop.CancelAsync().ConfigureAwait(false);
        if (!run.IsCompleted)
        {
            // What is left of it must not run beside the next.
            await Task.WhenAny(run, Task.Delay(TimeSpan.FromMilliseconds(500))).ConfigureAwait(false);
        }

        if (results.Failed.IsCompleted)
        {
            return (Verdict.Failed, await results.Failed.ConfigureAwait(false));
        }

        if (run.IsFaulted)
        {
            throw new InvalidOperationException("The tests could not be run.", run.Exception);
        }

        return (timedOut ? Verdict.TimedOut : Verdict.Passed, null);
    }

    /// <summary>Whether a test is among those that are tried for a room first.</summary>
    public bool IsNear(string test, string room)
    {
        string[] places = room switch
        {
            "Api" => ["Tests.Api.", "Tests.Hosts."],
            "Reach" => ["Tests.Push.", "Tests.Broadcasts.BroadcastReach", ".KeptForTests"],
            "Push" => ["Tests.Push.", ".HeldPushTests"],
            "Storage" or "Shared" => ["Tests.Stores."],
            "MiniPrograms" or "Identities" or "Receipts" => [$"Tests.{room}.", ".PushTests"],
            _ => [$"Tests.{room}."],
        };

        // One test holds the defaults of all rooms' options.
        return Array.Exists([.. places, ".OptionDefaultsTests"], place => Cases[test].TestClassName!.Contains(place, StringComparison.Ordinal));
    }

    private static bool IsTried(ITestCase test)
    {
        var name = $"{test.TestClassName}.{test.TestCaseDisplayName}";
        return !Array.Exists(LeftOut, part => name.Contains(part, StringComparison.Ordinal))
            && Array.Exists(Rooms, room => name.Contains($"Tests.{room}", StringComparison.Ordinal));
    }

    private InProcessFrontController Front()
    {
        TestContext.SetForInitialization(null, diagnosticMessages: false, internalDiagnosticMessages: false);
        return new InProcessFrontController(_framework, _assembly, null);
    }

    private sealed class Results(CancellationTokenSource stop) : IMessageSink
    {
        private readonly TaskCompletionSource<string> _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<string> Failed => _failed.Task;

        public long LastEnd { get; private set; } = Stopwatch.GetTimestamp();

        public bool OnMessage(IMessageSinkMessage message)
        {
            if (message is ITestFinished)
            {
                LastEnd = Stopwatch.GetTimestamp();
            }

            if (message is ITestFailed failed && !stop.IsCancellationRequested)
            {
                _failed.TrySetResult(failed.TestCaseUniqueID);
            }

            return !_failed.Task.IsCompleted;
        }
    }
}
