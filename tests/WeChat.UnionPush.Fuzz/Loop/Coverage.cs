using System.Runtime.InteropServices;
using SharpFuzz.Common;

namespace WeChat.UnionPush.Fuzz;

/// <summary>Which branches of the instrumented library a run took, and how often.</summary>
internal sealed unsafe class Coverage
{
    private const int Size = 1 << 16;

    // What a count says: once, twice, three times, up to 7, 15, 31, 127, more.
    private static readonly byte[] Grades = [.. Enumerable.Range(0, 256).Select(Grade)];

    private readonly byte* _counts = (byte*)NativeMemory.AllocZeroed(Size);
    private readonly byte[] _seen = new byte[Size];
    private long _branches;

    /// <summary>From now on, branches are counted here.</summary>
    public void Enter()
    {
        Trace.SharedMem = _counts;

        // The instrumented code calls it without asking whether it is there.
        Trace.OnBranch = (_, _) => _branches++;
    }

    /// <summary>How many pairs of branches were ever taken one after the other.</summary>
    public int Edges { get; private set; }

    /// <summary>Forgets the last run.</summary>
    public void Begin()
    {
        new Span<byte>(_counts, Size).Clear();
        Trace.PrevLocation = 0;
    }

    /// <summary>Takes the last run in.</summary>
    /// <returns>New pairs of branches, and whether a known one was taken more often than before.</returns>
    public (int NewEdges, bool IsNew) Take()
    {
        var (newEdges, isNew) = (0, false);
        var words = new ReadOnlySpan<ulong>(_counts, Size / sizeof(ulong));
        for (var i = 0; i < words.Length; i++)
        {
            if (words[i] == 0)
            {
                continue;
            }

            for (var at = i * sizeof(ulong); at < (i + 1) * sizeof(ulong); at++)
            {
                var grade = Grades[_counts[at]];
                if ((grade & ~_seen[at]) != 0)
                {
                    newEdges += _seen[at] == 0 ? 1 : 0;
                    _seen[at] |= grade;
                    isNew = true;
                }
            }
        }

        Edges += newEdges;
        return (newEdges, isNew);
    }

    /// <summary>The pairs of the last run.</summary>
    public List<int> Taken()
    {
        var taken = new List<int>();
        for (var i = 0; i < Size; i++)
        {
            if (_counts[i] != 0)
            {
                taken.Add(i);
            }
        }

        return taken;
    }

    /// <summary>How many branches some work takes: what it costs, on any machine.</summary>
    public long Work(Action work)
    {
        _branches = 0;
        work();
        return _branches;
    }

    private static byte Grade(int count) => count switch
    {
        0 => 0,
        1 => 1,
        2 => 2,
        3 => 4,
        < 8 => 8,
        < 16 => 16,
        < 32 => 32,
        < 128 => 64,
        _ => 128,
    };
}
