namespace WeChat.UnionPush.Testing;

/// <summary>Numbers and texts that look random and depend only on their input.</summary>
internal static class Scrambler
{
    public static ReadOnlySpan<byte> Symbols => "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"u8;

    public static ulong Mix(ulong value)
    {
        value += 0x9E3779B97F4A7C15;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }

    public static ulong Hash(ulong seed, string text)
    {
        var hash = Mix(seed);
        foreach (var character in text)
        {
            hash = Mix(hash ^ character);
        }

        return hash;
    }

    // A double holds 53 bits exactly. The result is below 1, so a probability of 1 always strikes and one of 0 never does.
    public static double ToFraction(ulong random) => (random >> 11) * (1.0 / (1UL << 53));

    public static string Text(ulong state, int length) => string.Create(length, state, static (destination, state) =>
    {
        for (var i = 0; i < destination.Length; i++)
        {
            if (i % 10 == 0)
            {
                state = Mix(state);
            }

            destination[i] = (char)Symbols[(int)((state >> (i % 10 * 6)) & 63)];
        }
    });
}
