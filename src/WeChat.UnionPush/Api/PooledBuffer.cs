using System.Buffers;

namespace WeChat.UnionPush;

/// <summary>
/// A growing byte buffer on the shared array pool, for request bodies and for answers. It clears arrays before it returns them, because bodies
/// carry secrets and tokens and the whole process shares the pool. Not thread-safe.
/// </summary>
internal sealed class PooledBuffer(int capacity = PooledBuffer.DefaultCapacity) : IBufferWriter<byte>, IDisposable
{
    public const int DefaultCapacity = 1024;

    private byte[]? _array = ArrayPool<byte>.Shared.Rent(capacity);
    private int _written;

    public ReadOnlyMemory<byte> WrittenMemory => Array.AsMemory(0, _written);

    public ReadOnlySpan<byte> WrittenSpan => Array.AsSpan(0, _written);

    public int WrittenCount => _written;

    private byte[] Array
    {
        get
        {
            ObjectDisposedException.ThrowIf(_array is null, this);
            return _array;
        }
    }

    /// <summary>Discards what was written and keeps the array.</summary>
    public void Clear()
    {
        Array.AsSpan(0, _written).Clear();
        _written = 0;
    }

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Array.Length - _written);
        _written += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        EnsureRoom(sizeHint);
        return Array.AsMemory(_written);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        EnsureRoom(sizeHint);
        return Array.AsSpan(_written);
    }

    public void Dispose()
    {
        if (_array is { } array)
        {
            Return(array);
            _array = null;
            _written = 0;
        }
    }

    private void EnsureRoom(int sizeHint)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sizeHint);
        var array = Array;
        var needed = Math.Max(sizeHint, 1);
        if (needed > array.Length - _written)
        {
            var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(Math.Max((long)_written + needed, array.Length * 2L), System.Array.MaxLength));
            array.AsSpan(0, _written).CopyTo(larger);
            Return(array);
            _array = larger;
        }
    }

    private void Return(byte[] array)
    {
        array.AsSpan(0, _written).Clear();
        ArrayPool<byte>.Shared.Return(array);
    }
}
