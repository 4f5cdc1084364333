using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace WeChat.UnionPush.Simulator;

/// <summary>
/// What happens, as server-sent events: <c>call</c>, <c>callback</c> and <c>phone</c> with their entry, <c>change</c> with a word, <c>reset</c> when everything is
/// to be read anew. A callback comes again whenever something becomes of it.
/// </summary>
internal static class EventStream
{
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(40);
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    public static async Task SendAsync(Request request)
    {
        var context = request.Context;
        var stopping = context.RequestServices.GetService<IHostApplicationLifetime>()?.ApplicationStopping ?? CancellationToken.None;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(request.Aborted, stopping);
        using var subscription = request.Simulator.Journal.Subscribe();
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-store";
        var body = context.Response.Body;
        try
        {
            await body.WriteAsync("retry: 1000\n: here\n\n"u8.ToArray(), end.Token).ConfigureAwait(false);
            await body.FlushAsync(end.Token).ConfigureAwait(false);
            using var batch = new MemoryStream();
            while (!end.IsCancellationRequested)
            {
                await WaitAsync(subscription, end.Token).ConfigureAwait(false);
                batch.SetLength(0);
                while (subscription.Reader.TryRead(out var happened))
                {
                    Write(batch, happened);
                }

                if (batch.Length == 0)
                {
                    batch.Write(": still here\n\n"u8);
                }

                await body.WriteAsync(batch.GetBuffer().AsMemory(0, (int)batch.Length), end.Token).ConfigureAwait(false);
                await body.FlushAsync(end.Token).ConfigureAwait(false);

                // A page shows no more than a few pictures a second; what comes meanwhile goes with the next.
                await Task.Delay(Breath, TimeProvider.System, end.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The page is gone, or the server goes.
        }
    }

    private static async Task WaitAsync(Journal.Subscription subscription, CancellationToken cancellationToken)
    {
        try
        {
            await subscription.Reader.WaitToReadAsync(cancellationToken).AsTask().WaitAsync(Heartbeat, TimeProvider.System, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Nothing happens; a word now and then keeps what is between us and the page from closing the connection.
        }
    }

    private static void Write(MemoryStream batch, JournalEvent happened)
    {
        batch.Write("event: "u8);
        batch.Write(System.Text.Encoding.ASCII.GetBytes(happened.Name));
        if (happened.Content is IEntry entry)
        {
            batch.Write(System.Text.Encoding.ASCII.GetBytes(FormattableString.Invariant($"\nid: {entry.Id}")));
        }

        batch.Write("\ndata: "u8);
        switch (happened.Content)
        {
            case CallEntry call:
                JsonSerializer.Serialize(batch, call, SimulatorJson.Readable.CallEntry);
                break;
            case CallbackEntry callback:
                JsonSerializer.Serialize(batch, callback, SimulatorJson.Readable.CallbackEntry);
                break;
            case MessageEntry message:
                JsonSerializer.Serialize(batch, message, SimulatorJson.Readable.MessageEntry);
                break;
            default:
                batch.Write(System.Text.Encoding.UTF8.GetBytes(happened.Content as string ?? ""));
                break;
        }

        batch.Write("\n\n"u8);
    }
}
