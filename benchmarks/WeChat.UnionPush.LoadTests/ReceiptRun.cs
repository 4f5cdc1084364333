using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace WeChat.UnionPush.LoadTests;

/// <summary>Pushes the events of a send run at a given pace, as the platform does: answered within five seconds, or sent again, three times in all.</summary>
internal sealed class ReceiptRun(int rate, int seconds, Uri address, string store)
{
    private const int Attempts = 3;

    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(5);

    // Of its own, so that a run does not find the receipts of another.
    private readonly long _firstMessageId = 3_000_000_000_000_000_000 + (DateTimeOffset.UtcNow.ToUnixTimeSeconds() * 1_000_000);
    private readonly ConcurrentBag<double> _answers = [];
    private int _repeated;
    private int _givenUp;

    public async Task RunAsync()
    {
        var count = rate * seconds;
        using var handler = new SocketsHttpHandler { MaxConnectionsPerServer = 256, PooledConnectionLifetime = Timeout.InfiniteTimeSpan };
        using var http = new HttpClient(handler) { BaseAddress = address, Timeout = Timeout.InfiniteTimeSpan };
        await PushAsync(http, -1);
        _answers.Clear();

        var posts = new List<Task>(count);
        var started = Stopwatch.GetTimestamp();
        for (var sent = 0; sent < count;)
        {
            var due = Math.Min(count, (int)(Stopwatch.GetElapsedTime(started).TotalSeconds * rate) + 1);
            for (; sent < due; sent++)
            {
                var i = sent;
                posts.Add(Task.Run(() => PushAsync(http, i)));
            }

            await Task.Delay(1);
        }

        var pace = posts.Count / Stopwatch.GetElapsedTime(started).TotalSeconds;
        await Task.WhenAll(posts);
        var answered = Stopwatch.GetElapsedTime(started);
        int settled;
        while ((settled = int.Parse(await http.GetStringAsync($"/settled/{_firstMessageId}/{count}"), CultureInfo.InvariantCulture)) + _givenUp < count
            && Stopwatch.GetElapsedTime(started) < answered + TimeSpan.FromMinutes(2))
        {
            await Task.Delay(100);
        }

        var all = Stopwatch.GetElapsedTime(started);
        var sorted = _answers.Order().ToArray();
        var memory = long.Parse(await http.GetStringAsync("/memory"), CultureInfo.InvariantCulture) / 1024;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"verb=receipts store={store} events={count} rate={rate} pace={pace:0} answers={sorted.Length} median_ms={sorted[sorted.Length / 2]:0.0} "
                + $"p99_ms={sorted[(int)(sorted.Length * 0.99)]:0.0} longest_ms={sorted[^1]:0} repeated={_repeated} given_up={_givenUp} lost={count - _givenUp - settled} "
                + $"behind_ms={(all - answered).TotalMilliseconds:0} peak_mb={memory}"));
    }

    private async Task PushAsync(HttpClient http, int i)
    {
        var now = DateTimeOffset.UtcNow;
        var (uri, bytes) = PlatformPush.Seal(PlatformPush.Finished(_firstMessageId + i, i, now), now);
        for (var attempt = 1; ; attempt++)
        {
            var started = Stopwatch.GetTimestamp();
            if (await AnswersAsync(http, uri, bytes))
            {
                return;
            }

            if (attempt == Attempts)
            {
                Interlocked.Increment(ref _givenUp);
                return;
            }

            Interlocked.Increment(ref _repeated);
            if (AnswerTime - Stopwatch.GetElapsedTime(started) is var wait && wait > TimeSpan.Zero)
            {
                await Task.Delay(wait);
            }
        }
    }

    private async Task<bool> AnswersAsync(HttpClient http, Uri uri, byte[] bytes)
    {
        using var limit = new CancellationTokenSource(AnswerTime);
        using var content = new ByteArrayContent(bytes);
        var started = Stopwatch.GetTimestamp();
        try
        {
            using var answer = await http.PostAsync(uri, content, limit.Token);
            var isTaken = answer.StatusCode == HttpStatusCode.OK && await answer.Content.ReadAsStringAsync(limit.Token) == "success";
            _answers.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            return isTaken;
        }
        catch (OperationCanceledException)
        {
            _answers.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            return false;
        }
    }
}
