using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using WeChat.UnionPush.Callbacks;

namespace WeChat.UnionPush.LoadTests;

/// <summary>Genuine pushes at a given pace, alone and then together with an attack: what they wait, and what the host needs.</summary>
internal sealed class CallbackRun(CallbackAttack attack, int rate, int seconds, WeChatCallbackMode mode, Uri address)
{
    private const int GenuineRate = 50;
    private const int BodyLength = 1 << 20;

    private static readonly TimeSpan Alone = TimeSpan.FromSeconds(15);

    private readonly long _firstMessageId = 3_000_000_000_000_000_000 + (DateTimeOffset.UtcNow.ToUnixTimeSeconds() * 1_000_000);
    private readonly ConcurrentBag<double> _answers = [];
    private readonly ConcurrentDictionary<string, int> _refusals = new(StringComparer.Ordinal);
    private int _sent;
    private int _lost;

    public async Task RunAsync()
    {
        using var handler = new SocketsHttpHandler { MaxConnectionsPerServer = 64 };
        using var http = new HttpClient(handler) { BaseAddress = address };
        using var stranger = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 64 }) { BaseAddress = address, Timeout = TimeSpan.FromSeconds(30) };

        // The first pushes compile the code; then the host rests on what it needs for genuine ones.
        await AtPaceAsync(GenuineRate, Alone, () => PushAsync(http));
        _answers.Clear();
        var before = await NowAsync(http);
        await AtPaceAsync(GenuineRate, Alone, () => PushAsync(http));
        var (alone, rested) = (Sorted(), await NowAsync(http));
        _answers.Clear();

        using var ended = new CancellationTokenSource();
        var peak = WatchAsync(http, ended.Token);
        var length = TimeSpan.FromSeconds(seconds);
        var number = 0;
        await Task.WhenAll(
            AtPaceAsync(GenuineRate, length, () => PushAsync(http)),
            attack is CallbackAttack.None ? Task.CompletedTask : AtPaceAsync(rate, length, () => AttackAsync(stranger, Interlocked.Increment(ref number))));
        await ended.CancelAsync();
        var after = await NowAsync(http);
        var (together, most) = (Sorted(), await peak);

        // What the attack cost is what the host worked more than for as many genuine pushes alone.
        var own = (rested.Cpu - before.Cpu) * (seconds / Alone.TotalSeconds);
        var cost = attack is CallbackAttack.None ? 0 : (after.Cpu - rested.Cpu - own) / number;
        var settled = await SettledAsync(http);
        var answers = string.Join(',', _refusals.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}:{pair.Value}"));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"verb=callbacks attack={attack} mode={mode} rate={(attack is CallbackAttack.None ? 0 : rate)} requests={number} answers={answers} genuine={together.Length} " +
            $"alone_median_ms={Median(alone):0.0} median_ms={Median(together):0.0} p99_ms={together[(int)(together.Length * 0.99)]:0.0} longest_ms={together[^1]:0} " +
            $"lost={_lost + _sent - settled} rested_mb={rested.Memory / 1024} peak_mb={most / 1024} grown_mb={(most - rested.Memory) / 1024} " +
            $"cpu_ms={cost:0.00} lines={after.Lines - rested.Lines}"));
    }

    private static double Median(double[] sorted) => sorted[sorted.Length / 2];

    private static async Task AtPaceAsync(int rate, TimeSpan length, Func<Task> act)
    {
        var count = (int)(rate * length.TotalSeconds);
        var tasks = new List<Task>(count);
        var started = Stopwatch.GetTimestamp();
        for (var begun = 0; begun < count;)
        {
            var due = Math.Min(count, (int)(Stopwatch.GetElapsedTime(started).TotalSeconds * rate) + 1);
            for (; begun < due; begun++)
            {
                tasks.Add(Task.Run(act));
            }

            await Task.Delay(1);
        }

        await Task.WhenAll(tasks);
    }

    private static async Task<(long Memory, double Cpu, int Lines)> NowAsync(HttpClient http)
    {
        var figures = (await http.GetStringAsync("/now")).Split(' ');
        return (long.Parse(figures[0], CultureInfo.InvariantCulture), double.Parse(figures[1], CultureInfo.InvariantCulture), int.Parse(figures[2], CultureInfo.InvariantCulture));
    }

    private static async Task<long> WatchAsync(HttpClient http, CancellationToken ended)
    {
        var most = 0L;
        while (!ended.IsCancellationRequested)
        {
            most = Math.Max(most, (await NowAsync(http)).Memory);
            await Task.Delay(200, CancellationToken.None);
        }

        return most;
    }

    private double[] Sorted() => [.. _answers.Order()];

    private async Task PushAsync(HttpClient http)
    {
        var now = DateTimeOffset.UtcNow;
        var i = Interlocked.Increment(ref _sent) - 1;
        var message = PlatformPush.Finished(_firstMessageId + i, i, now);
        var (uri, body) = mode is WeChatCallbackMode.Plain ? PlatformPush.Plain(message, now) : PlatformPush.Seal(message, now);
        using var content = new ByteArrayContent(body);
        var started = Stopwatch.GetTimestamp();
        using var answer = await http.PostAsync(uri, content);
        _answers.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        if (answer.StatusCode != HttpStatusCode.OK)
        {
            Interlocked.Increment(ref _lost);
        }
    }

    private async Task<int> SettledAsync(HttpClient http)
    {
        var settled = 0;
        for (var i = 0; i < 100 && settled < _sent; i++)
        {
            settled = int.Parse(await http.GetStringAsync($"/settled/{_firstMessageId}/{_sent}"), CultureInfo.InvariantCulture);
            await Task.Delay(100);
        }

        return settled;
    }

    private async Task AttackAsync(HttpClient stranger, int number)
    {
        string answer;
        try
        {
            answer = attack is CallbackAttack.Slow ? await StallAsync() : await SendAsync(stranger, number);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or SocketException or OperationCanceledException)
        {
            answer = "broken";
        }

        _refusals.AddOrUpdate(answer, 1, static (_, count) => count + 1);
    }

    private async Task<string> SendAsync(HttpClient stranger, int number)
    {
        var body = attack is CallbackAttack.Unsigned ? Bodies.All[0] : Bodies.All[number % Bodies.All.Length];
        using var content = new ByteArrayContent(body);
        using var answer = await stranger.PostAsync(Target(), content);
        return $"{(int)answer.StatusCode}";
    }

    private async Task<string> StallAsync()
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, address.Port);
        await socket.SendAsync(Encoding.ASCII.GetBytes($"POST {Target()} HTTP/1.1\r\nHost: {address.Authority}\r\nContent-Length: 60000\r\n\r\n<xml>"));
        var buffer = new byte[256];
        var count = await socket.ReceiveAsync(buffer);
        return count == 0 ? "broken" : Encoding.ASCII.GetString(buffer, 9, 3);
    }

    /// <summary>A query as it is seen in a proxy's log, or one with another signature.</summary>
    private Uri Target()
    {
        var now = DateTimeOffset.UtcNow;
        var (uri, _) = mode is WeChatCallbackMode.Plain ? PlatformPush.Plain("", now) : PlatformPush.Seal("", now);
        return attack is CallbackAttack.Replayed or CallbackAttack.Slow
            ? uri
            : new Uri(uri.OriginalString.Replace("?signature=", "?signature=0", StringComparison.Ordinal), UriKind.Relative);
    }

    private static class Bodies
    {
        public static readonly byte[][] All =
        [
            Filled("<a>"), Filled("<a ", "a{0}='' "), Filled("<xml>", "<n{0}/>"), Filled("<xml><Encrypt>", "<![CDATA[a]]>"), Filled("{\"a\":", "["),
            Filled("{", "\"Encrypt\":\"AAAA\","),
            Filled("<!DOCTYPE xml [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;'>]><xml>", "&b;"), Filled("<xml><ToUserName/><Encrypt>", "AAAA"),
        ];

        private static byte[] Filled(string begin, string? piece = null)
        {
            var text = new StringBuilder(begin);
            for (var i = 0; text.Length < BodyLength; i++)
            {
                text.AppendFormat(CultureInfo.InvariantCulture, (piece ?? begin).Replace("{\"", "{{\"", StringComparison.Ordinal), i);
            }

            return Encoding.ASCII.GetBytes(text.ToString(0, BodyLength));
        }
    }
}
