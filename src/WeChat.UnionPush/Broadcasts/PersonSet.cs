using System.Numerics;

namespace WeChat.UnionPush.Broadcasts;

/// <summary>Who was seen: 64 bits of a hash each, in a table that is at most four fifths full. Two of ten million meet once in 300,000 runs.</summary>
internal sealed class PersonSet
{
    private ulong[] _table = new ulong[1024];

    public int Count { get; private set; }

    /// <summary>Whether the person is new.</summary>
    public bool Add(string id)
    {
        if (!TryAdd(_table, HashOf(id)))
        {
            return false;
        }

        if (++Count * 5L > _table.Length * 4L)
        {
            var larger = new ulong[_table.Length / 2 * 3];
            foreach (var hash in _table)
            {
                if (hash != 0)
                {
                    TryAdd(larger, hash);
                }
            }

            _table = larger;
        }

        return true;
    }

    /// <summary>A hash that is never 0.</summary>
    public static ulong HashOf(string id)
    {
        var hash = 14695981039346656037UL;
        foreach (var character in id)
        {
            hash = (hash ^ character) * 1099511628211UL;
        }

        hash = (hash ^ (hash >> 32)) * 0xD6E8FEB86659FD93UL;
        hash = BitOperations.RotateLeft(hash, 29) * 0xD6E8FEB86659FD93UL;
        return Math.Max(hash ^ (hash >> 32), 1);
    }

    private static bool TryAdd(ulong[] table, ulong hash)
    {
        for (var place = (int)Math.BigMul(hash, (ulong)table.Length, out _); ; place = place + 1 == table.Length ? 0 : place + 1)
        {
            if (table[place] == hash)
            {
                return false;
            }

            if (table[place] == 0)
            {
                table[place] = hash;
                return true;
            }
        }
    }
}
