using System.Buffers;
using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using WeChat.UnionPush.Bare;

namespace WeChat.UnionPush.LoadTests;

/// <summary>
/// A stand-in for the platform on loopback that does as little as possible: answers are prepared bytes, and a request is checked only so far
/// that a wrong request cannot pass as a fast one.
/// </summary>
internal sealed class StandIn(int followers, int latency, bool hasFaults)
{
    public const int PageSize = 10_000;
    private const int BatchSize = 100;

    private readonly Delay? _delay = latency > 0 ? new Delay(latency) : null;
    private readonly byte[] _token = Encoding.UTF8.GetBytes($$"""{"access_token":"{{Samples.Token}}","expires_in":7200}""");
    private readonly byte[] _sent = """{"errcode":0,"errmsg":"ok","msgid":3141592653589793238}"""u8.ToArray();
    private readonly byte[] _wrongToken = """{"errcode":40001,"errmsg":"invalid credential, access_token is invalid or not latest"}"""u8.ToArray();
    private readonly byte[] _wrongOpenId = """{"errcode":40003,"errmsg":"invalid openid"}"""u8.ToArray();
    private readonly byte[][] _pages =
        [.. Enumerable.Range(0, (followers / PageSize) + 2).Select(page => Answers.Page((long)page * PageSize, Math.Clamp(followers - (page * PageSize), 0, PageSize), followers))];
    private readonly byte[][] _batches = [.. Enumerable.Range(0, (followers + BatchSize - 1) / BatchSize)
        .Select(batch => Answers.Batch((long)batch * BatchSize, Math.Min(BatchSize, followers - (batch * BatchSize))))];

    private int _sends;

    /// <summary>Runs until stopped. The first line printed is the address.</summary>
    public static async Task RunAsync(int followers, int latency, bool hasFaults, CancellationToken stop)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(IPAddress.Loopback, 0);
        });
        await using var app = builder.Build();
        var standIn = new StandIn(followers, latency, hasFaults);
        app.Run(standIn.AnswerAsync);
        await app.StartAsync(stop);
        Console.WriteLine(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        await app.WaitForShutdownAsync(stop);
    }

    private async Task AnswerAsync(HttpContext context)
    {
        if (context.Request.Path.Value is "/cgi-bin/message/template/send")
        {
            var number = Interlocked.Increment(ref _sends);
            if (hasFaults && await FailAsync(context, number))
            {
                return;
            }
        }
        else if (context.Request.Path.Value is "/sends")
        {
            await context.Response.WriteAsync(Volatile.Read(ref _sends).ToString(CultureInfo.InvariantCulture));
            return;
        }

        if (_delay is not null)
        {
            await _delay.WaitAsync();
        }

        var request = context.Request;
        if (HttpMethods.IsPost(request.Method) && request.ContentLength is null or 0)
        {
            context.Response.StatusCode = StatusCodes.Status412PreconditionFailed;
            return;
        }

        byte[] answer;
        switch (request.Path.Value)
        {
            case "/cgi-bin/message/template/send":
                await ReadAsync(request, static body => body.Length);
                answer = Allows(request) ? _sent : _wrongToken;
                break;
            case "/cgi-bin/user/info/batchget":
                var batch = await ReadAsync(request, BatchIn);
                answer = !Allows(request) ? _wrongToken : batch >= 0 && batch < _batches.Length ? _batches[batch] : _wrongOpenId;
                break;
            case "/cgi-bin/user/get":
                var next = request.Query["next_openid"].ToString();
                answer = Allows(request) ? _pages[next.Length == 0 ? 0 : (int)((Samples.FollowerIndexIn(Encoding.ASCII.GetBytes(next)) + 1) / PageSize)] : _wrongToken;
                break;
            case "/cgi-bin/stable_token" or "/cgi-bin/token":
                await ReadAsync(request, static body => body.Length);
                answer = _token;
                break;
            default:
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                return;
        }

        context.Response.ContentType = "application/json; encoding=utf-8";
        context.Response.ContentLength = answer.Length;
        await context.Response.BodyWriter.WriteAsync(answer);
    }

    /// <summary>What a platform does on a bad day: busy, cut off, behind a gateway that gave up, and slow. Each at its own odd interval.</summary>
    private async Task<bool> FailAsync(HttpContext context, int number)
    {
        switch (number)
        {
            case var _ when number % 53 == 0:
                context.Abort();
                return true;
            case var _ when number % 71 == 0:
                context.Response.StatusCode = StatusCodes.Status502BadGateway;
                await context.Response.WriteAsync("<html>502 Bad Gateway</html>");
                return true;
            case var _ when number % 37 == 0:
                await context.Response.WriteAsync("""{"errcode":-1,"errmsg":"system error"}""");
                return true;
            case var _ when number % 101 == 0:
                await Task.Delay(500);
                return false;
            default:
                return false;
        }
    }

    private static bool Allows(HttpRequest request) => request.QueryString.Value!.Contains(Samples.Token, StringComparison.Ordinal);

    private static async Task<long> ReadAsync(HttpRequest request, Func<ReadOnlySequence<byte>, long> look)
    {
        while (true)
        {
            var read = await request.BodyReader.ReadAsync();
            if (read.IsCompleted)
            {
                var seen = look(read.Buffer);
                request.BodyReader.AdvanceTo(read.Buffer.End);
                return seen;
            }

            request.BodyReader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    /// <summary>Which batch is requested. Only batches that are aligned with the pages are accepted.</summary>
    private static long BatchIn(ReadOnlySequence<byte> body)
    {
        Span<byte> start = stackalloc byte[128];
        start = start[..(int)Math.Min(body.Length, start.Length)];
        body.Slice(0, start.Length).CopyTo(start);
        var first = Samples.FollowerIndexIn(start);
        return first % BatchSize == 0 ? first / BatchSize : -1;
    }
}
