using System.Diagnostics;
using System.Security.Cryptography;

namespace WeChat.UnionPush.Fuzz;

/// <summary>Keeps the inputs that broke a promise, each fault once, as small as it still breaks it.</summary>
internal sealed class Finds(string folder)
{
    private const int SmallerTries = 4_000;

    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    public int Count { get; private set; }

    public void Add(FuzzTarget target, byte[] input, Exception exception) => Add(target, input, exception, target.Run);

    /// <param name="target">The target.</param>
    /// <param name="input">The input.</param>
    /// <param name="exception">What it did.</param>
    /// <param name="run">Does it again.</param>
    public void Add(FuzzTarget target, byte[] input, Exception exception, Action<byte[]> run)
    {
        var fault = Fault(exception);
        if (!_known.Add(target.Name + fault))
        {
            return;
        }

        Count++;
        input = Smaller(input, fault, run);
        var file = Path.Combine(folder, $"{target.Name}-{Convert.ToHexString(SHA256.HashData(input).AsSpan(0, 6)).ToLowerInvariant()}");
        Directory.CreateDirectory(folder);
        File.WriteAllBytes(file, input);
        File.WriteAllText(file + ".txt", $"{exception}\n\nReplay it: tests/fuzz.sh --target {target.Name} --replay {file}\n");
        Console.WriteLine($"  FOUND by {target.Name}: {exception.GetType().Name}: {exception.Message}\n  Replay it: tests/fuzz.sh --target {target.Name} --replay {file}");
    }

    /// <summary>What makes two finds one: kind and place, or the first words of a broken promise.</summary>
    private static string Fault(Exception exception)
    {
        if (exception is BrokenPromiseException)
        {
            return new string([.. exception.Message.Split(':')[0].Where(static character => !char.IsDigit(character))]);
        }

        var place = new StackTrace(exception).GetFrames()
            .FirstOrDefault(static frame => frame.GetMethod()?.DeclaringType?.Assembly.GetName().Name == "WeChat.UnionPush")?.GetMethod();
        return $"{exception.GetType()} in {place?.DeclaringType}.{place?.Name}";
    }

    private static byte[] Smaller(byte[] input, string fault, Action<byte[]> run)
    {
        var tries = 0;
        for (var size = Math.Max(1, input.Length / 2); size > 0; size /= 2)
        {
            for (var at = 0; at + size <= input.Length && tries < SmallerTries; tries++)
            {
                byte[] smaller = [.. input[..at], .. input[(at + size)..]];
                if (Breaks(smaller, fault, run))
                {
                    input = smaller;
                }
                else
                {
                    at += size;
                }
            }
        }

        return input;
    }

    private static bool Breaks(byte[] input, string fault, Action<byte[]> run)
    {
        try
        {
            run(input);
            return false;
        }
        catch (Exception exception)
        {
            return Fault(exception) == fault;
        }
    }
}
