using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.TestHost;

/// <summary>The simulated platform on loopback, in a separate process, with a few URLs by which a test controls it.</summary>
internal static class PlatformServer
{
    public const string OfficialAccountAppId = "wx0123456789abcdef";
    public const string MiniProgramAppId = "wxfedcba9876543210";
    public const string Secret = "0123456789abcdef0123456789abcdef";

    public static async Task RunAsync(long followers, CancellationToken stop)
    {
        var platform = new SimulatedPlatform(seed: 7);
        var account = platform.AddOfficialAccount(OfficialAccountAppId, Secret, "open");
        var miniProgram = platform.AddMiniProgram(MiniProgramAppId, Secret, "open");
        account.KeepsMessages = false;
        account.Quotas.SetDailyLimit("/cgi-bin/user/get", 1_000_000);
        account.Associate(miniProgram);
        var template = account.AddTemplate("通知", "内容:{{thing1.DATA}}");
        var people = platform.AddPeople(followers);
        account.AddFollowers(people);
        using var invoker = new HttpMessageInvoker(platform.CreateHandler());
        var pages = new ConcurrentDictionary<string, int>(StringComparer.Ordinal);

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        await using var app = builder.Build();
        var barriers = new ConcurrentDictionary<string, (TaskCompletionSource Open, int[] Waiting)>(StringComparer.Ordinal);

        // How many times each path was called, and the highest count of calls for one page of followers.
        app.MapGet("/control/calls", () => string.Join('\n', platform.Calls.ByPath.Select(call => $"{call.Key} {call.Value}")
            .Append($"pages {pages.Count}").Append($"repeats {pages.Values.Sum(count => count - 1)}").Append($"delivered {account.DeliveredCount}")));
        app.MapPost("/control/clear", () =>
        {
            platform.Calls.Clear();
            pages.Clear();
        });
        app.MapPost("/control/token/{what}", (string what) =>
        {
            switch (what)
            {
                case "replace":
                    account.AccessTokens.Replace();
                    break;
                case "replace-with-overlap":
                    account.AccessTokens.Replace(TimeSpan.FromMinutes(5));
                    break;
                case "expire":
                    account.AccessTokens.Expire();
                    break;
                case "refuse":
                    account.AccessTokens.RefuseCurrent();
                    break;
                default:
                    throw new ArgumentOutOfRangeException(nameof(what), what, "Unknown.");
            }
        });
        app.MapGet("/control/openid/{app}/{index:long}", (string app, long index) => app == "mini" ? people[index].OpenIdIn(miniProgram) : people[index].OpenIdIn(account));
        app.MapGet("/control/unionid/{index:long}", (long index) => people[index].UnionIdUnder("open"));
        app.MapGet("/control/people/{first:long}/{count:long}", (long first, long count) => string.Join(
            '\n', people.Slice(first, count).Select(person => $"{person.OpenIdIn(miniProgram)} {person.OpenIdIn(account)} {person.UnionIdUnder("open")}")));

        // The platform's own ledger: how many people got how many messages, and whom it does not know.
        app.MapGet("/control/ledger", () =>
        {
            var counts = new long[4];
            foreach (var person in people)
            {
                counts[Math.Min(3, account.MessagesTo(person).Count)]++;
            }

            return string.Join(' ', counts);
        });
        app.MapGet("/control/send-times", () => string.Join('\n', account.Messages.Select(message => message.AcceptedAt.ToUnixTimeMilliseconds())));
        app.MapPost("/control/keep-messages", () => account.KeepsMessages = true);
        app.MapPost("/control/quota/{limit:long}", (long limit) => account.Quotas.SetDailyLimit("/cgi-bin/message/template/send", limit));
        app.MapPost("/control/latency/{milliseconds:int}", (int milliseconds) =>
            platform.SetLatency("/cgi-bin/message/template/send", TimeSpan.FromMilliseconds(milliseconds)));
        app.MapPost("/control/faults/{on:bool}", (bool on) =>
        {
            platform.Faults.Clear();
            if (on)
            {
                const string Send = "/cgi-bin/message/template/send";
                platform.Faults.Add(SimulatedFault.ConnectionReset().AfterProcessing().On(Send).WithProbability(0.01));
                platform.Faults.Add(SimulatedFault.ConnectionReset().BeforeProcessing().On(Send).WithProbability(0.01));
                platform.Faults.Add(SimulatedFault.Busy().On(Send).WithProbability(0.02));
                platform.Faults.Add(SimulatedFault.Gateway().AfterProcessing().On(Send).WithProbability(0.01));

                // Nobody is refused twice: a second refusal, after the platform itself said that they follow, is rightly believed.
                var met = new ConcurrentDictionary<string, bool>(StringComparer.Ordinal);
                platform.Faults.Add(SimulatedFault.Error(43004).On(Send).When(call => met.TryAdd(RecipientOf(call), true)).WithProbability(0.005));
            }
        });
        app.MapGet("/control/template", () => template.Id);
        app.MapPost("/control/unfollow/{first:long}/{count:long}", (long first, long count) =>
        {
            foreach (var person in people.Slice(first, count))
            {
                person.Unfollow(account);
            }
        });

        // A barrier: everybody waits here until that many have arrived.
        app.MapPost("/control/barrier/{name}/{count:int}", async (string name, int count, CancellationToken gone) =>
        {
            var (open, waiting) = barriers.GetOrAdd(name, static _ => (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new int[1]));
            if (Interlocked.Increment(ref waiting[0]) == count)
            {
                open.SetResult();
            }

            await open.Task.WaitAsync(gone);
        });
        app.MapFallback(context => AnswerAsync(context, invoker, pages));
        await app.StartAsync(stop);
        Console.WriteLine(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        await app.WaitForShutdownAsync(stop);
    }

    private static async Task AnswerAsync(HttpContext context, HttpMessageInvoker platform, ConcurrentDictionary<string, int> pages)
    {
        if (context.Request.Path == "/cgi-bin/user/get")
        {
            pages.AddOrUpdate(context.Request.Query["next_openid"].ToString(), 1, static (_, count) => count + 1);
        }

        using var request = new HttpRequestMessage(
            new HttpMethod(context.Request.Method), new Uri($"{context.Request.Scheme}://{context.Request.Host}{context.Request.Path}{context.Request.QueryString}"));
        if (context.Request.ContentLength is { } length)
        {
            using var body = new MemoryStream((int)length);
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
            request.Content = new ByteArrayContent(body.ToArray());
            request.Content.Headers.TryAddWithoutValidation("Content-Type", context.Request.ContentType);
        }

        HttpResponseMessage answered;
        try
        {
            answered = await platform.SendAsync(request, context.RequestAborted);
        }
        catch (HttpRequestException)
        {
            // A fault of the network: the caller's connection breaks.
            context.Abort();
            return;
        }

        using var response = answered;
        context.Response.StatusCode = (int)response.StatusCode;
        context.Response.ContentType = response.Content.Headers.ContentType?.ToString();
        context.Response.ContentLength = response.Content.Headers.ContentLength;
        await response.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
    }

    private static string RecipientOf(SimulatedCall call)
    {
        using var body = JsonDocument.Parse(call.Body);
        return body.RootElement.GetProperty("touser").GetString()!;
    }
}
