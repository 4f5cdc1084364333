namespace WeChat.UnionPush.Tool.Output;

/// <summary>Reports at once on the caller's thread; <see cref="Progress{T}"/> would do so later, out of order.</summary>
internal sealed class Immediate<T>(Action<T> report) : IProgress<T>
{
    public void Report(T value) => report(value);
}
