using System.Text;

namespace WeChat.UnionPush.Fuzz;

/// <summary>Makes an input of others.</summary>
internal sealed class Mutator(Random random, string[] words)
{
    public const int Longest = 2048;

    private static readonly byte[] Interesting = [0, 1, 8, 9, 10, 13, 31, 32, (byte)'"', (byte)'\'', (byte)'0', (byte)'9', (byte)'\\', 0x7F, 0x80, 0xC0, 0xE0, 0xED, 0xF0, 0xFF];

    private readonly byte[][] _words = [.. words.Select(Encoding.UTF8.GetBytes)];

    // Where the last change was made, and where the changes to an input are to gather.
    private int _place;

    /// <summary>An input that was made, and where it was changed last.</summary>
    public readonly record struct Made(byte[] Bytes, int Place);

    /// <summary>Changes an input, often near the place whose change made it new: what stands behind one condition mostly stands there too.</summary>
    public Made Next(Made from, byte[] other)
    {
        var bytes = new List<byte>(from.Bytes);
        _place = from.Place;
        if (random.Next(3) == 0)
        {
            At(bytes, Math.Clamp(_place + random.Next(-3, 4), 0, bytes.Count));
            return Cut(bytes);
        }

        if (random.Next(6) == 0)
        {
            // How a value begins decides more often than what it goes on with.
            var at = TokenAt(bytes, random.Next(bytes.Count + 1)).Start;
            At(bytes, at < bytes.Count && bytes[at] == '"' ? at + 1 : at);
            return Cut(bytes);
        }

        if (random.Next(8) == 0)
        {
            Splice(bytes, other);
        }

        // Mostly one change or two, at times many.
        for (var changes = 1 << random.Next(0, random.Next(1, 6)); changes > 0; changes--)
        {
            Change(bytes);
        }

        return Cut(bytes);
    }

    private Made Cut(List<byte> bytes)
    {
        if (bytes.Count > Longest)
        {
            bytes.RemoveRange(Longest, bytes.Count - Longest);
        }

        return new([.. bytes], _place);
    }

    /// <summary>One byte at a place, mostly one that people write.</summary>
    private void At(List<byte> bytes, int at)
    {
        _place = at;
        var value = random.Next(4) == 0 ? (byte)random.Next(256) : (byte)random.Next(' ', 0x7F);
        if (at == bytes.Count || random.Next(2) == 0)
        {
            bytes.Insert(at, value);
        }
        else
        {
            bytes[at] = value;
        }
    }

    private void Splice(List<byte> bytes, byte[] other)
    {
        var (start, end) = Piece(other.Length, other.Length);
        var at = random.Next(bytes.Count + 1);
        if (random.Next(2) == 0)
        {
            bytes.RemoveRange(at, bytes.Count - at);
        }

        bytes.InsertRange(at, other[start..end]);
    }

    private void Change(List<byte> bytes)
    {
        var at = random.Next(bytes.Count + 1);
        var isAtEnd = at == bytes.Count;
        _place = at;
        switch (random.Next(isAtEnd ? 3 : 12))
        {
            case 0 or 1:
                bytes.InsertRange(at, Word());
                break;
            case 2:
                bytes.Insert(at, (byte)random.Next(256));
                break;
            case 3:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 4:
                bytes[at] = (byte)random.Next(256);
                break;
            case 5:
                bytes[at] = Interesting[random.Next(Interesting.Length)];
                break;
            case 6:
                bytes[at] += (byte)random.Next(-16, 17);
                break;
            case 7 or 8:
                var (start, end) = Piece(bytes.Count, 32);
                bytes.RemoveRange(start, end - start);
                break;
            case 9:
                (start, end) = Piece(bytes.Count, 64);
                bytes.InsertRange(at, bytes.GetRange(start, end - start));
                break;
            case 10:
                // A word in the place of something.
                (start, end) = Piece(bytes.Count, 16);
                bytes.RemoveRange(start, end - start);
                bytes.InsertRange(start, Word());
                break;
            default:
                // What stands between two marks, such as a value.
                ReplaceToken(bytes, at);
                break;
        }
    }

    private void ReplaceToken(List<byte> bytes, int at)
    {
        var (start, end) = TokenAt(bytes, at);
        bytes.RemoveRange(start, end - start);
        bytes.InsertRange(start, Word());
    }

    /// <summary>What stands between two marks.</summary>
    private static (int Start, int End) TokenAt(List<byte> bytes, int at)
    {
        var start = at;
        while (start > 0 && !IsMark(bytes[start - 1]))
        {
            start--;
        }

        var end = at;
        while (end < bytes.Count && !IsMark(bytes[end]))
        {
            end++;
        }

        return (start, end);

        static bool IsMark(byte one) => ",:{}[]<>|\t"u8.Contains(one);
    }

    private byte[] Word() => _words[random.Next(_words.Length)];

    private (int Start, int End) Piece(int length, int longest)
    {
        var start = random.Next(length + 1);
        return (start, Math.Min(length, start + random.Next(longest + 1)));
    }
}
