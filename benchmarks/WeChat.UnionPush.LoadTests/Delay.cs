using System.Collections.Concurrent;
using System.Diagnostics;

namespace WeChat.UnionPush.LoadTests;

/// <summary>
/// Delays answers for a given time, exact to half a millisecond. <see cref="Task.Delay(int)"/> reads a clock that some kernels update only every four
/// milliseconds. With a delay of fifty, that error is larger than what is measured.
/// </summary>
internal sealed class Delay
{
    private readonly TimeSpan _length;
    private readonly ConcurrentQueue<(long Since, TaskCompletionSource Over)> _waiting = new();

    public Delay(int milliseconds)
    {
        _length = TimeSpan.FromMilliseconds(milliseconds - 0.5);
        new Thread(Release) { IsBackground = true, Priority = ThreadPriority.AboveNormal }.Start();
    }

    public Task WaitAsync()
    {
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting.Enqueue((Stopwatch.GetTimestamp(), over));
        return over.Task;
    }

    private void Release()
    {
        while (true)
        {
            Thread.Sleep(1);
            while (_waiting.TryPeek(out var first) && Stopwatch.GetElapsedTime(first.Since) >= _length)
            {
                _waiting.TryDequeue(out _);
                first.Over.SetResult();
            }
        }
    }
}
