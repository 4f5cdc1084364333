using System.Collections.Concurrent;
using System.Diagnostics;

namespace WeChat.UnionPush.LoadTests;

/// <summary>
/// Holds answers back for a given time, true to half a millisecond. <see cref="Task.Delay(int)"/> reads a clock that some kernels move every four
/// milliseconds only, which at fifty is more than what is to be measured.
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
