using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace WeChat.UnionPush.Tests;

/// <summary>
/// What the woven library calls where it called the framework. Each method stands for the one of the type and name that its attribute says, with the same parameters;
/// an instance comes first. Public, because the woven library is no friend of the tests.
/// </summary>
[SuppressMessage("Design", "CA1068", Justification = "The framework's own order.")]
public static class Woven
{
    private static readonly ConditionalWeakTable<SemaphoreSlim, List<TaskCompletionSource>> Waiting = [];
    private static readonly ConditionalWeakTable<object, Callback> Callbacks = [];

    public static void Point(string where) => Schedule.Point(where);

    [Replaces(typeof(Monitor))]
    public static void Enter(object gate, ref bool taken) => Schedule.Enter(gate, ref taken);

    [Replaces(typeof(Monitor))]
    public static void Exit(object gate) => Schedule.Exit(gate);

    [Replaces(typeof(Random), "get_Shared")]
    public static Random Shared() => Schedule.Current?.Random ?? Random.Shared;

    [Replaces(typeof(Task))]
    public static Task Run(Action work, CancellationToken cancellationToken) => Task.Factory.StartNew(work, cancellationToken, TaskCreationOptions.DenyChildAttach, Scheduler);

    [Replaces(typeof(Task))]
    public static Task Run(Func<Task> work) => Run(work, CancellationToken.None);

    [Replaces(typeof(Task))]
    public static Task Run(Func<Task> work, CancellationToken cancellationToken) =>
        Task.Factory.StartNew(work, cancellationToken, TaskCreationOptions.DenyChildAttach, Scheduler).Unwrap();

    [Replaces(typeof(Task))]
    public static Task<T> Run<T>(Func<Task<T>> work) => Run(work, CancellationToken.None);

    [Replaces(typeof(Task))]
    public static Task<T> Run<T>(Func<Task<T>> work, CancellationToken cancellationToken) =>
        Task.Factory.StartNew(work, cancellationToken, TaskCreationOptions.DenyChildAttach, Scheduler).Unwrap();

    [Replaces(typeof(Task))]
    public static Task WaitAsync(Task task, CancellationToken cancellationToken) => WaitAsync(Answering(task), cancellationToken);

    [Replaces(typeof(Task<>))]
    public static Task<T> WaitAsync<T>(Task<T> task, CancellationToken cancellationToken) => WaitAsync(task, Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);

    [Replaces(typeof(Task))]
    public static Task WaitAsync(Task task, TimeSpan limit, TimeProvider time, CancellationToken cancellationToken) => WaitAsync(Answering(task), limit, time, cancellationToken);

    /// <summary>The framework's own ends on a thread of the pool where the task's continuations do.</summary>
    [Replaces(typeof(Task<>))]
    public static Task<T> WaitAsync<T>(Task<T> task, TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
    {
        if (Schedule.Current is null || task.IsCompleted || (!cancellationToken.CanBeCanceled && limit == Timeout.InfiniteTimeSpan))
        {
            return Schedule.Current is null ? task.WaitAsync(limit, time, cancellationToken) : task;
        }

        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled<T>(cancellationToken);
        }

        var either = new TaskCompletionSource<T>();
        var timer = limit == Timeout.InfiniteTimeSpan ? null : time.CreateTimer(_ => either.TrySetException(new TimeoutException()), null, limit, Timeout.InfiniteTimeSpan);
        var registration = cancellationToken.UnsafeRegister(_ => either.TrySetCanceled(cancellationToken), null);
        task.GetAwaiter().UnsafeOnCompleted(() =>
        {
            registration.Unregister();
            timer?.Dispose();

            // The failure of a task that nobody waits for any more stays unseen, as it does with the framework's.
            if (!either.Task.IsCompleted)
            {
                either.TrySetFromTask(task);
            }
        });
        return either.Task;
    }

    [Replaces(typeof(Task))]
    public static Task<T> ContinueWith<T>(Task task, Func<Task, T> next, CancellationToken cancellationToken, TaskContinuationOptions options, TaskScheduler scheduler) =>
        task.ContinueWith(next, cancellationToken, options, Schedule.Current?.Scheduler ?? scheduler);

    [Replaces(typeof(SemaphoreSlim))]
    public static async Task WaitAsync(SemaphoreSlim semaphore, CancellationToken cancellationToken)
    {
        Schedule.Point("semaphore");
        cancellationToken.ThrowIfCancellationRequested();
        while (!semaphore.Wait(0, CancellationToken.None))
        {
            var released = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Waiting.GetOrCreateValue(semaphore).Add(released);
            var registration = cancellationToken.UnsafeRegister(_ => released.TrySetCanceled(cancellationToken), null);
            await released.Task;
            registration.Unregister();
        }
    }

    [Replaces(typeof(SemaphoreSlim))]
    public static int Release(SemaphoreSlim semaphore)
    {
        var before = semaphore.Release();
        if (Waiting.TryGetValue(semaphore, out var waiting))
        {
            TaskCompletionSource[] all = [.. waiting];
            waiting.Clear();
            foreach (var one in all)
            {
                one.TrySetResult();
            }
        }

        Schedule.Point("semaphore");
        return before;
    }

    /// <summary>As the framework's: cancelled at once, and the callbacks run beside the caller.</summary>
    [Replaces(typeof(CancellationTokenSource))]
    public static Task CancelAsync(CancellationTokenSource source)
    {
        if (Schedule.Current is not { } schedule)
        {
            return source.CancelAsync();
        }

        return TransitionToCancellationRequested(source)
            ? Task.Factory.StartNew(() => ExecuteCallbackHandlers(source, false), CancellationToken.None, TaskCreationOptions.DenyChildAttach, schedule.Scheduler)
            : Task.CompletedTask;
    }

    [Replaces(typeof(CancellationToken))]
    public static CancellationTokenRegistration UnsafeRegister(ref CancellationToken token, Action<object?, CancellationToken> callback, object? state) =>
        Register(token, callback, state);

    [Replaces(typeof(CancellationToken))]
    public static CancellationTokenRegistration UnsafeRegister(ref CancellationToken token, Action<object?> callback, object? state) =>
        Register(token, (state, _) => callback(state), state);

    /// <summary>Waits for a callback that is at work, as the framework's does, and lets it go on meanwhile.</summary>
    [Replaces(typeof(CancellationTokenRegistration))]
    public static void Dispose(ref CancellationTokenRegistration registration)
    {
        if (Schedule.Current is null)
        {
            registration.Dispose();
            return;
        }

        Schedule.Point("registration");
        if (!registration.Unregister() && NodeOf(ref registration) is { } node && Callbacks.TryGetValue(node, out var callback))
        {
            var own = Environment.CurrentManagedThreadId;
            Schedule.Until(() => !callback.IsAtWork || callback.Thread == own);
        }
    }

    /// <summary>A source's disposal may wait for callbacks that are parked; what matters of it is that its timer ends.</summary>
    [Replaces(typeof(CancellationTokenSource))]
    public static void Dispose(CancellationTokenSource source)
    {
        if (Schedule.Current is null)
        {
            source.Dispose();
        }
        else
        {
            source.CancelAfter(Timeout.InfiniteTimeSpan);
        }
    }

    [Replaces(typeof(IDisposable))]
    public static void Dispose(IDisposable disposable)
    {
        if (disposable is CancellationTokenSource source)
        {
            Dispose(source);
        }
        else
        {
            disposable.Dispose();
        }
    }

    private static TaskScheduler Scheduler => Schedule.Current?.Scheduler ?? TaskScheduler.Default;

    private static CancellationTokenRegistration Register(CancellationToken token, Action<object?, CancellationToken> callback, object? state)
    {
        if (Schedule.Current is null)
        {
            return token.UnsafeRegister(callback, state);
        }

        var watched = new Callback();
        var registration = token.UnsafeRegister(
            (inner, stop) =>
            {
                (watched.IsAtWork, watched.Thread) = (true, Environment.CurrentManagedThreadId);
                try
                {
                    callback(inner, stop);
                }
                finally
                {
                    watched.IsAtWork = false;
                }
            },
            state);
        if (NodeOf(ref registration) is { } node)
        {
            Callbacks.AddOrUpdate(node, watched);
        }

        return registration;
    }

    private static async Task<bool> Answering(Task task)
    {
        await task;
        return true;
    }

    [UnsafeAccessor(UnsafeAccessorKind.Method)]
    private static extern bool TransitionToCancellationRequested(CancellationTokenSource source);

    [UnsafeAccessor(UnsafeAccessorKind.Method)]
    private static extern void ExecuteCallbackHandlers(CancellationTokenSource source, bool throwOnFirstException);

    private static object? NodeOf(ref CancellationTokenRegistration registration) => NodeField.GetValue(registration);

    private static readonly System.Reflection.FieldInfo NodeField =
        typeof(CancellationTokenRegistration).GetField("_node", System.Reflection.BindingFlags.Instance | System.Reflection.BindingFlags.NonPublic)!;

    private sealed class Callback
    {
        public bool IsAtWork { get; set; }

        public int Thread { get; set; }
    }

    /// <summary>Names what a method stands for.</summary>
    [AttributeUsage(AttributeTargets.Method)]
    public sealed class ReplacesAttribute(Type type, string? name = null) : Attribute
    {
        public Type Type => type;

        public string? Name => name;
    }
}
