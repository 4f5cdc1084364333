using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;

namespace WeChat.UnionPush.AspNetCore;

/// <summary>
/// A request's body as a stream. Its reads can be cancelled without leaving the server's reader in use. When a read of the server's own stream is
/// cancelled, Kestrel finds the reader in use when it drains the request, and logs an error.
/// </summary>
internal sealed class RequestBody(PipeReader reader) : Stream
{
    /// <summary>The connection ended inside the body, so nobody waits for an answer.</summary>
    public bool IsBroken { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var registration = cancellationToken.UnsafeRegister(static reader => ((PipeReader)reader!).CancelPendingRead(), reader);
        await using (registration.ConfigureAwait(false))
        {
            while (true)
            {
                var result = await ReadPipeAsync().ConfigureAwait(false);
                var part = result.Buffer.Slice(0, Math.Min(buffer.Length, result.Buffer.Length));
                part.CopyTo(buffer.Span);
                var length = (int)part.Length;
                reader.AdvanceTo(part.End);
                cancellationToken.ThrowIfCancellationRequested();
                if (length > 0 || result.IsCompleted || buffer.IsEmpty)
                {
                    return length;
                }
            }
        }
    }

    private async ValueTask<ReadResult> ReadPipeAsync()
    {
        try
        {
            return await reader.ReadAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (IOException exception)
        {
            // A body that the server finds too large can still be answered.
            IsBroken = exception is not BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge };
            throw;
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
