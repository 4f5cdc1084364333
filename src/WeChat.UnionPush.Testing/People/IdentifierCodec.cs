using System.Text;

namespace WeChat.UnionPush.Testing;

/// <summary>
/// Turns the number of a person into the openid of one app (or the UnionID of one Open Platform account) and back. Identifiers are computed,
/// never stored, so a population of ten million takes no memory. An identifier that this codec did not make does not decode.
/// </summary>
internal sealed class IdentifierCodec
{
    public const int Length = 28;

    private const int PrefixLength = 6;
    private static readonly sbyte[] Values = MakeValues();
    private readonly byte[] _prefix = new byte[PrefixLength];
    private readonly ulong _tag;
    private readonly ulong[] _keys = new ulong[4];

    public IdentifierCodec(ulong seed, string scope)
    {
        var state = Scrambler.Hash(seed, scope);
        _prefix[0] = (byte)'o';
        for (var i = 1; i < PrefixLength; i++)
        {
            _prefix[i] = Scrambler.Symbols[(int)((state >> (i * 6)) & 63)];
        }

        _tag = Scrambler.Mix(state + 1);
        for (var i = 0; i < _keys.Length; i++)
        {
            _keys[i] = Scrambler.Mix(state + 2 + (ulong)i);
        }
    }

    public string Encode(long index) => string.Create(Length, (Codec: this, Index: index), static (destination, state) =>
    {
        Span<byte> bytes = stackalloc byte[Length];
        state.Codec.Encode(state.Index, bytes);
        Encoding.ASCII.GetChars(bytes, destination);
    });

    public void Encode(long index, Span<byte> destination)
    {
        var left = (ulong)index;
        var right = _tag;
        foreach (var key in _keys)
        {
            (left, right) = (right, left ^ Scrambler.Mix(right ^ key));
        }

        _prefix.CopyTo(destination);
        var rest = new UInt128(left, right);
        for (var i = PrefixLength; i < Length - 1; i++)
        {
            destination[i] = Scrambler.Symbols[(int)((ulong)rest & 63)];
            rest >>= 6;
        }

        destination[Length - 1] = Scrambler.Symbols[(int)((ulong)rest | CheckBits(left, right))];
    }

    public bool TryDecode(ReadOnlySpan<char> text, out long index)
    {
        index = -1;
        if (text.Length != Length)
        {
            return false;
        }

        for (var i = 0; i < PrefixLength; i++)
        {
            if (text[i] != _prefix[i])
            {
                return false;
            }
        }

        var rest = UInt128.Zero;
        var last = 0;
        for (var i = Length - 1; i >= PrefixLength; i--)
        {
            var value = text[i] < Values.Length ? Values[text[i]] : -1;
            if (value < 0)
            {
                return false;
            }

            if (i == Length - 1)
            {
                last = value;
                value &= 3;
            }

            rest = (rest << 6) | (uint)value;
        }

        var left = (ulong)(rest >> 64);
        var right = (ulong)rest;
        if ((ulong)(last & ~3) != CheckBits(left, right))
        {
            return false;
        }

        for (var i = _keys.Length - 1; i >= 0; i--)
        {
            (left, right) = (right ^ Scrambler.Mix(left ^ _keys[i]), left);
        }

        index = (long)left;
        return right == _tag;
    }

    // The last symbol has four unused bits. They are filled, so that no two texts decode to the same person.
    private static ulong CheckBits(ulong left, ulong right) => (Scrambler.Mix(left ^ right) & 15) << 2;

    private static sbyte[] MakeValues()
    {
        var values = new sbyte[128];
        Array.Fill(values, (sbyte)-1);
        for (var i = 0; i < Scrambler.Symbols.Length; i++)
        {
            values[Scrambler.Symbols[i]] = (sbyte)i;
        }

        return values;
    }
}
