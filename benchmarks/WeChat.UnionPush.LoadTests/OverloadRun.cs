using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using WeChat.UnionPush.Bare;

namespace WeChat.UnionPush.LoadTests;

/// <summary>
/// Callers who offer more messages than the pace lets out and give up after a deadline, over TCP with the handler that the library brings; and after them
/// one who is alone.
/// </summary>
internal sealed class OverloadRun(int pace, double times, int deadline, int seconds, Uri address)
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(3);

    private readonly TemplateMessage _message = Samples.Message();
    private ITemplateMessageSender _sender = null!;
    private int _offered;
    private int _sent;
    private int _gaveUp;
    private int _refused;

    public async Task RunAsync()
    {
        var services = new ServiceCollection();
        services.AddWeChatUnionPush(options =>
        {
            Samples.Configure(options);
            options.ApiBaseAddress = address;
            options.TemplateMessages.MaxPerSecond = pace;
        });
        await using var host = services.BuildServiceProvider();
        _sender = host.GetRequiredService<ITemplateMessageSender>();

        // The first second's burst and what is compiled on the way are not the run's.
        var ending = new List<Task>();
        await OfferAsync(WarmUp, ending);
        using var counter = new HttpClient { BaseAddress = address };
        var wentOutBefore = await WentOutAsync(counter);
        var before = (Offered: Volatile.Read(ref _offered), Sent: Volatile.Read(ref _sent), GaveUp: Volatile.Read(ref _gaveUp), Refused: Volatile.Read(ref _refused));
        var started = Stopwatch.GetTimestamp();
        await OfferAsync(TimeSpan.FromSeconds(seconds), ending);
        var elapsed = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var wentOut = await WentOutAsync(counter) - wentOutBefore;
        var (offered, sent, gaveUp, refused) = (_offered - before.Offered, _sent - before.Sent, _gaveUp - before.GaveUp, _refused - before.Refused);

        var alone = Stopwatch.GetTimestamp();
        var result = await _sender.SendAsync(Samples.FollowerOpenId(0), _message);
        var waited = Stopwatch.GetElapsedTime(alone);
        await Task.WhenAll(ending);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"pace={pace} times={times:0.#} deadline_ms={deadline} offered_per_second={offered / elapsed:0} out_per_second={wentOut / elapsed:0.0} "
                + $"of_pace={wentOut / elapsed / pace:0.00} sent_per_second={sent / elapsed:0.0} gave_up={gaveUp} refused={refused} "
                + $"alone_ms={waited.TotalMilliseconds:0} alone={result.Status}"));
    }

    /// <summary>How many messages have arrived at the platform.</summary>
    private static async Task<int> WentOutAsync(HttpClient counter) => int.Parse(await counter.GetStringAsync("/sends"), CultureInfo.InvariantCulture);

    private async Task OfferAsync(TimeSpan duration, List<Task> ending)
    {
        // By the clock and not by the timer: what a late timer misses is offered with the next one.
        var started = Stopwatch.GetTimestamp();
        var count = 0L;
        while (Stopwatch.GetElapsedTime(started) is var elapsed && elapsed < duration)
        {
            for (var due = (long)(elapsed.TotalSeconds * pace * times); count < due; count++)
            {
                _offered++;
                ending.Add(SendAsync(_offered));
            }

            await Task.Delay(1);
        }
    }

    private async Task SendAsync(int number)
    {
        using var stop = new CancellationTokenSource(deadline);
        try
        {
            var result = await _sender.SendAsync(Samples.FollowerOpenId(number), _message, stop.Token);
            Interlocked.Add(ref _sent, result.IsSent ? 1 : 0);
        }
        catch (OperationCanceledException)
        {
            Interlocked.Increment(ref _gaveUp);
        }
        catch (WeChatApiException exception) when (exception.ErrorClass == WeChatErrorClass.RateLimited)
        {
            Interlocked.Increment(ref _refused);
        }
    }
}
