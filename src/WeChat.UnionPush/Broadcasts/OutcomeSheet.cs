using System.Buffers.Binary;

namespace WeChat.UnionPush.Broadcasts;

/// <summary>
/// What is known of each recipient of a batch: 13 bytes a recipient, as Base64. The first byte is the state, then follow the platform's code, and the
/// platform's message id or the moment of the first attempt.
/// </summary>
internal sealed class OutcomeSheet
{
    private const int Entry = 13;
    private const byte Pending = 0;
    private const byte UnderWay = 1;
    private const byte Failed = 2;
    private const byte FirstStatus = 16;

    private readonly byte[] _bytes;

    public OutcomeSheet(int size, string text = "")
    {
        Size = size;
        _bytes = new byte[size * Entry];
        if (text.Length > 0 && (!Convert.TryFromBase64String(text, _bytes, out var written) || written != _bytes.Length))
        {
            throw new FormatException($"The outcomes of a broadcast's batch are damaged: {size} recipients, {text.Length} characters.");
        }
    }

    public int Size { get; }

    public string Text => Convert.ToBase64String(_bytes);

    public bool IsPending(int recipient) => _bytes[recipient * Entry] == Pending;

    public bool IsUnderWay(int recipient) => _bytes[recipient * Entry] == UnderWay;

    public bool IsOpen(int recipient) => _bytes[recipient * Entry] <= UnderWay;

    public bool IsFailed(int recipient) => _bytes[recipient * Entry] == Failed;

    public PushStatus? StatusOf(int recipient) => _bytes[recipient * Entry] is >= FirstStatus and var state ? (PushStatus)(state - FirstStatus) : null;

    public int CodeOf(int recipient) => BinaryPrimitives.ReadInt32LittleEndian(_bytes.AsSpan((recipient * Entry) + 1));

    /// <summary>The message id of somebody sent to, or the first attempt, in milliseconds since 1970, of somebody under way or unknown.</summary>
    public long ValueOf(int recipient) => BinaryPrimitives.ReadInt64LittleEndian(_bytes.AsSpan((recipient * Entry) + 5));

    /// <summary>An attempt begins. The first one's moment stays: the platform may have counted its ten minutes from it.</summary>
    public void Begin(int recipient, DateTimeOffset now)
    {
        if (!IsUnderWay(recipient))
        {
            Write(recipient, UnderWay, 0, now.ToUnixTimeMilliseconds());
        }
    }

    public void Return(int recipient) => Write(recipient, Pending, 0, 0);

    public void Fail(int recipient, int code) => Write(recipient, Failed, code, 0);

    public void Settle(int recipient, PushStatus status, int code = 0, long value = 0) => Write(recipient, (byte)(FirstStatus + (int)status), code, value);

    public BroadcastCounts Count()
    {
        Span<long> counts = stackalloc long[FirstStatus + (int)PushStatus.Unknown + 1];
        counts.Clear();
        for (var recipient = 0; recipient < Size; recipient++)
        {
            counts[_bytes[recipient * Entry]]++;
        }

        return new BroadcastCounts
        {
            Sent = counts[FirstStatus + (int)PushStatus.Sent],
            NotSignedIn = counts[FirstStatus + (int)PushStatus.NotSignedIn],
            NotLinked = counts[FirstStatus + (int)PushStatus.NotLinked],
            NotFollowing = counts[FirstStatus + (int)PushStatus.NotFollowing],
            Refused = counts[FirstStatus + (int)PushStatus.Refused],
            TooFrequent = counts[FirstStatus + (int)PushStatus.TooFrequent],
            Duplicate = counts[FirstStatus + (int)PushStatus.Duplicate],
            Unknown = counts[FirstStatus + (int)PushStatus.Unknown],
            Failed = counts[Failed],
        };
    }

    private void Write(int recipient, byte state, int code, long value)
    {
        var entry = _bytes.AsSpan(recipient * Entry, Entry);
        entry[0] = state;
        BinaryPrimitives.WriteInt32LittleEndian(entry[1..], code);
        BinaryPrimitives.WriteInt64LittleEndian(entry[5..], value);
    }
}
