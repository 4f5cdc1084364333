using System.Diagnostics;
using System.Globalization;

namespace WeChat.UnionPush.LoadTests;

/// <summary>
/// What docs/scale.md rests on: where a hundred million identities lie when they are parted by a hash of the UnionID, and a day of ten million sends by many
/// accounts, with workers that die. Nothing is sent; the costs of a node are those that other benchmarks have measured.
/// </summary>
internal sealed class ScaleRun(long identities, int partitions, int nodes, long sends, int accounts, int workers)
{
    // Per node, from the tables beside this project: RESULTS.md (PostgreSQL, look up one; send at 50 ms), BROADCASTS.md (what 20,000 recipients cost more with the
    // journal than without, per batch of a hundred; bytes on disk).
    private const double LookUp = 77.8e-6;
    private const double SendCpu = 199.1e-6;
    private const double JournalBatch = 11.5e-3;
    private const int BytesARecipient = 82;

    private const int BatchSize = 100;
    private const int Window = 25;
    private const int Lease = 60;
    private const int Concurrency = 64;
    private const double Latency = 0.05;
    private const int Day = 86_400;
    private const int FirstHour = 9 * 3_600;
    private const int LastHour = 21 * 3_600;

    private readonly Random _random = new(20261126);

    public void Run()
    {
        Place();
        Send();
    }

    /// <summary>How even the parts are, and how much moves when a node is added.</summary>
    private void Place()
    {
        var watch = Stopwatch.StartNew();
        var rows = new long[partitions];
        Span<char> unionId = stackalloc char[28];
        "o6_bmasdasdsad6_2sgVt7hMZOPf".CopyTo(unionId);
        for (var person = 0L; person < identities; person++)
        {
            // The last ten characters tell them apart, as those of real UnionIDs do.
            var rest = Mix((ulong)person);
            for (var i = 18; i < 28; i++)
            {
                unionId[i] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[(int)(rest & 63)];
                rest >>= 6;
            }

            rows[Hash(unionId) % (ulong)partitions]++;
        }

        var (before, after) = (Owners(nodes), Owners(nodes + 1));
        var perNode = new long[nodes];
        for (var part = 0; part < partitions; part++)
        {
            perNode[before[part]] += rows[part];
        }

        var moved = rows.Where((_, part) => before[part] != after[part]).Sum();
        var mean = (double)identities / partitions;
        Print("place", watch, ("identities", identities), ("partitions", partitions), ("nodes", nodes), ("smallest_part_of_mean", rows.Min() / mean),
            ("largest_part_of_mean", rows.Max() / mean), ("largest_node_of_mean", perNode.Max() / ((double)identities / nodes)),
            ("largest_node_rows", perNode.Max()), ("moved_by_one_more_node", (double)moved / identities));
    }

    /// <summary>Each part goes to the node that wins its draw, so that one more node takes parts from all others and nothing else moves.</summary>
    private int[] Owners(int count) =>
        [.. Enumerable.Range(0, partitions).Select(part => Enumerable.Range(0, count).MaxBy(node => Mix(((ulong)part << 20) + (ulong)node + 1)))];

    /// <summary>A day, second by second. Few accounts have most of the people; each keeps its own pace, and a worker that dies holds its batches for the lease.</summary>
    private void Send()
    {
        var watch = Stopwatch.StartNew();
        var weights = Enumerable.Range(1, accounts).Select(static rank => 1.0 / rank).ToArray();
        var left = weights.Select(weight => (long)Math.Round(sends * weight / weights.Sum())).ToArray();
        var (most, total) = (left.Max(), left.Sum());

        // Whoever has too many people for the default pace is given one that serves them in half of the window.
        var pace = left.Select(static people => Math.Max(60, (int)Math.Ceiling(people / ((LastHour - FirstHour) / 2.0)))).ToArray();
        var node = Enumerable.Range(0, accounts).Select(account => (int)(Mix((ulong)account + 77) % (ulong)nodes)).ToArray();
        var start = Enumerable.Range(0, accounts).Select(_ => FirstHour + _random.Next((LastHour - FirstHour) / 3)).ToArray();
        var held = new Queue<(int Until, int Account, int People)>();
        var busy = new double[nodes];
        var (sent, deaths, delayed, again, end) = (0L, 0, 0L, 0L, 0);
        var (busiestSecond, onTheirWay, fastest) = (0.0, 0.0, 0L);
        var cpu = 0.0;
        for (var second = FirstHour; second < Day && (sent < total || held.Count > 0); second++)
        {
            while (held.TryPeek(out var back) && back.Until <= second)
            {
                left[held.Dequeue().Account] += back.People;
            }

            Array.Clear(busy);
            var inSecond = 0L;
            var open = 0;
            for (var account = 0; account < accounts; account++)
            {
                if (second < start[account] || left[account] == 0)
                {
                    continue;
                }

                open++;
                var now = Math.Min(Math.Min(pace[account], (long)(Concurrency / Latency)), left[account]);
                left[account] -= now;
                inSecond += now;
                busy[node[account]] += (now * JournalBatch / BatchSize) + (now * LookUp / BatchSize);
            }

            // A worker dies once in six hours on average. It held its share of the open claims: three batches an account, with a window of each on its way.
            for (var worker = 0; worker < workers; worker++)
            {
                if (open > 0 && _random.Next(6 * 3_600) == 0)
                {
                    deaths++;
                    var account = _random.Next(accounts);
                    var people = (int)Math.Min(3 * BatchSize, left[account]);
                    left[account] -= people;
                    delayed += people;
                    again += Math.Min(people, 3 * Window);
                    if (people > 0)
                    {
                        held.Enqueue((second + Lease, account, people));
                    }
                }
            }

            sent += inSecond;
            cpu += inSecond * SendCpu;
            fastest = Math.Max(fastest, inSecond);
            busiestSecond = Math.Max(busiestSecond, busy.Max());
            onTheirWay = Math.Max(onTheirWay, inSecond * Latency);
            end = inSecond > 0 ? second : end;
        }

        Print("day", watch, ("sends", sent), ("accounts", accounts), ("largest_account", most), ("its_pace", pace.Max()), ("nodes", nodes), ("workers", workers),
            ("ended_at_hour", end / 3_600.0), ("busiest_second_sends", fastest), ("busiest_node_busy", busiestSecond), ("on_their_way_at_most", onTheirWay),
            ("worker_cpu_seconds", cpu), ("workers_died", deaths), ("held_for_the_lease", delayed), ("asked_again_under_the_same_id_at_most", again),
            ("journal_gb", sent * (double)BytesARecipient / 1e9));
        if (sent != total)
        {
            throw new InvalidOperationException($"{total - sent} people were not sent to in a day.");
        }
    }

    private static void Print(string what, Stopwatch watch, params (string Name, double Value)[] pairs) => Console.WriteLine(string.Join(
        ' ', pairs.Select(static pair => string.Create(CultureInfo.InvariantCulture, $"{pair.Name}={pair.Value:0.####}"))
            .Prepend($"simulated={what}").Append(string.Create(CultureInfo.InvariantCulture, $"seconds={watch.Elapsed.TotalSeconds:0.0}"))));

    private static ulong Hash(ReadOnlySpan<char> text)
    {
        var hash = 14_695_981_039_346_656_037;
        foreach (var character in text)
        {
            hash = (hash ^ character) * 1_099_511_628_211;
        }

        return Mix(hash);
    }

    private static ulong Mix(ulong value)
    {
        value += 0x9E3779B97F4A7C15;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
