using System.Buffers.Binary;

namespace WeChat.UnionPush.Broadcasts;

/// <summary>
/// What is known of each recipient of a batch: 13 bytes a recipient, as Base64. The first byte is the state and, in its upper three bits, the channel; then
/// follow the platform's code, and the platform's message id or the moment of the first attempt.
/// </summary>
internal sealed class OutcomeSheet
{
    private const int Entry = 13;
    private const int ChannelShift = 5;
    private const byte StateBits = 0x1F;
    private const byte Pending = 0;
    private const byte UnderWay = 1;
    private const byte Failed = 2;
    private const byte Climbing = 3;
    private const byte FirstStatus = 16;
    private const int Channels = (int)PushChannel.Fallback + 1;

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

    public bool IsPending(int recipient) => StateOf(recipient) == Pending;

    /// <summary>Whether a message may be on its way.</summary>
    public bool IsUnderWay(int recipient) => StateOf(recipient) is UnderWay or Climbing;

    /// <summary>Whether the same is so, and not on the way of the template message, which is certain not to have arrived.</summary>
    public bool IsClimbing(int recipient) => StateOf(recipient) == Climbing;

    public bool IsOpen(int recipient) => StateOf(recipient) is Pending or UnderWay or Climbing;

    public bool IsFailed(int recipient) => StateOf(recipient) == Failed;

    public PushStatus? StatusOf(int recipient) => StateOf(recipient) is >= FirstStatus and var state ? (PushStatus)(state - FirstStatus) : null;

    /// <summary>The channel on which somebody was sent to, or may have been.</summary>
    public PushChannel ChannelOf(int recipient) => (PushChannel)(_bytes[recipient * Entry] >> ChannelShift);

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

    /// <summary>The template message is certain not to arrive, and an attempt on the other channels begins.</summary>
    public void Climb(int recipient, DateTimeOffset now) => Write(recipient, Climbing, 0, IsUnderWay(recipient) ? ValueOf(recipient) : now.ToUnixTimeMilliseconds());

    public void Return(int recipient) => Write(recipient, Pending, 0, 0);

    public void Fail(int recipient, int code) => Write(recipient, Failed, code, 0);

    public void Settle(int recipient, PushStatus status, int code = 0, long value = 0, PushChannel channel = PushChannel.TemplateMessage) =>
        Write(recipient, (byte)(FirstStatus + (int)status + ((int)channel << ChannelShift)), code, value);

    public BroadcastCounts Count()
    {
        Span<long> counts = stackalloc long[StateBits + 1];
        Span<long> sent = stackalloc long[Channels];
        counts.Clear();
        sent.Clear();
        for (var recipient = 0; recipient < Size; recipient++)
        {
            counts[StateOf(recipient)]++;
            if (StatusOf(recipient) == PushStatus.Sent)
            {
                sent[(int)ChannelOf(recipient)]++;
            }
        }

        return new BroadcastCounts
        {
            Sent = counts[FirstStatus + (int)PushStatus.Sent],
            SentBySubscribeMessage = sent[(int)PushChannel.SubscribeMessage],
            SentBySubscribeNotice = sent[(int)PushChannel.SubscribeNotice],
            SentByCustomerService = sent[(int)PushChannel.CustomerService],
            SentByFallback = sent[(int)PushChannel.Fallback],
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

    private byte StateOf(int recipient) => (byte)(_bytes[recipient * Entry] & StateBits);

    private void Write(int recipient, byte state, int code, long value)
    {
        var entry = _bytes.AsSpan(recipient * Entry, Entry);
        entry[0] = state;
        BinaryPrimitives.WriteInt32LittleEndian(entry[1..], code);
        BinaryPrimitives.WriteInt64LittleEndian(entry[5..], value);
    }
}
