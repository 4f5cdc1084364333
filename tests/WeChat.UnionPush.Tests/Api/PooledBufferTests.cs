using System.Buffers;

namespace WeChat.UnionPush.Tests.Api;

public sealed class PooledBufferTests
{
    [Fact]
    public void What_was_written_stays_when_the_buffer_grows()
    {
        using var buffer = new PooledBuffer(16);
        var expected = new List<byte>();
        for (var i = 0; i < 5000; i++)
        {
            buffer.GetSpan()[0] = (byte)i;
            buffer.Advance(1);
            expected.Add((byte)i);
        }

        buffer.Write(new byte[100_000]);
        expected.AddRange(new byte[100_000]);

        Assert.Equal(105_000, buffer.WrittenCount);
        Assert.True(buffer.WrittenSpan.SequenceEqual(expected.ToArray()));
        Assert.True(buffer.WrittenMemory.Span.SequenceEqual(buffer.WrittenSpan));
    }

    [Fact]
    public void A_size_that_is_asked_for_is_given()
    {
        using var buffer = new PooledBuffer(16);

        Assert.InRange(buffer.GetMemory(3000).Length, 3000, int.MaxValue);
        Assert.InRange(buffer.GetSpan(30_000).Length, 30_000, int.MaxValue);
        Assert.Equal(0, buffer.WrittenCount);
    }

    [Fact]
    public void Clearing_forgets_and_zeroes()
    {
        using var buffer = new PooledBuffer(16);
        buffer.Write("secret"u8);
        var written = buffer.WrittenMemory;

        buffer.Clear();

        Assert.Equal(0, buffer.WrittenCount);
        Assert.Equal(new byte[6], written.ToArray());
    }

    [Fact]
    public void Nothing_is_left_behind_in_the_pool()
    {
        var buffer = new PooledBuffer(16);
        buffer.Write("secret"u8);
        var small = buffer.WrittenMemory;
        buffer.Write(new byte[1000]);
        var large = buffer.WrittenMemory;

        buffer.Dispose();
        buffer.Dispose();

        Assert.Equal(new byte[6], small.ToArray());
        Assert.Equal(new byte[1006], large.ToArray());
    }

    [Fact]
    public void More_than_there_is_room_for_is_refused()
    {
        using var buffer = new PooledBuffer(16);

        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.Advance(buffer.GetSpan().Length + 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.Advance(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.GetSpan(-1));

        buffer.Write("secret"u8);
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.Advance(buffer.GetSpan().Length + 1));
        Assert.Equal(6, buffer.WrittenCount);
    }

    [Fact]
    public void A_full_buffer_at_least_doubles()
    {
        using var buffer = new PooledBuffer(16);
        for (var i = 0; i < 3; i++)
        {
            var whole = buffer.WrittenCount + buffer.GetSpan().Length;
            buffer.Advance(buffer.GetSpan().Length);
            Assert.InRange(buffer.GetSpan().Length, whole, int.MaxValue);
        }
    }

    [Fact]
    public void A_returned_buffer_is_not_used_again()
    {
        var buffer = new PooledBuffer();
        buffer.Dispose();

        Assert.Throws<ObjectDisposedException>(() => buffer.GetSpan());
        Assert.Throws<ObjectDisposedException>(() => buffer.WrittenMemory);
        Assert.Throws<ObjectDisposedException>(buffer.Clear);
    }
}
