using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace WeChat.UnionPush.Fuzz;

/// <summary>What the command line asks for. It holds only what both copies of this program know.</summary>
internal sealed class Options
{
    public double Seconds { get; private set; } = 60;

    public int Seed { get; private set; } = Random.Shared.Next();

    public string Target { get; private set; } = "";

    public string? Replay { get; private set; }

    public string Corpus { get; private set; } = "tests/WeChat.UnionPush.Fuzz/Corpus";

    public string Finds { get; private set; } = "artifacts/fuzz";

    public bool Saves { get; private set; }

    public static bool TryRead(string[] args, [NotNullWhen(true)] out Options? options)
    {
        var read = new Options();
        options = null;
        for (var i = 0; i < args.Length; i++)
        {
            var value = i + 1 < args.Length ? args[i + 1] : "";
            switch (args[i])
            {
                case "--save":
                    read.Saves = true;
                    continue;
                case "--seconds" when double.TryParse(value, CultureInfo.InvariantCulture, out var seconds):
                    read.Seconds = seconds;
                    break;
                case "--hours" when double.TryParse(value, CultureInfo.InvariantCulture, out var hours):
                    read.Seconds = 3600 * hours;
                    break;
                case "--seed" when int.TryParse(value, CultureInfo.InvariantCulture, out var seed):
                    read.Seed = seed;
                    break;
                case "--target":
                    read.Target = value;
                    break;
                case "--replay":
                    read.Replay = value;
                    break;
                case "--corpus":
                    read.Corpus = value;
                    break;
                case "--finds":
                    read.Finds = value;
                    break;
                default:
                    return false;
            }

            i++;
        }

        options = read;
        return true;
    }

    public static int Usage()
    {
        Console.Error.WriteLine("[--seconds N | --hours N] [--seed N] [--target beginning-of-a-name] [--save] [--corpus folder] [--finds folder] | --target name --replay file");
        return 2;
    }

    public string[] ToArguments() =>
    [
        "--seconds", Seconds.ToString(CultureInfo.InvariantCulture), "--seed", Seed.ToString(CultureInfo.InvariantCulture), "--target", Target,
        "--corpus", Corpus, "--finds", Finds,
        .. Replay is null ? [] : (string[])["--replay", Replay], .. Saves ? (string[])["--save"] : [],
    ];
}
