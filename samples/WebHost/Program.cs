using System.Net;
using Microsoft.Extensions.Options;
using WebHost;
using WeChat.UnionPush;
using WeChat.UnionPush.Diagnostics;
using WeChat.UnionPush.Storage;

// With its files from beside the program, so that it also runs from another folder.
var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
var town = string.IsNullOrEmpty(builder.Configuration["WeChat:OfficialAccount:AppId"]) ? new SimulatedTown() : null;
if (town is not null)
{
    builder.Configuration.AddInMemoryCollection(town.Settings);
}

var registration = builder.Services
    .AddWeChatUnionPush(builder.Configuration.GetSection("WeChat"))
    .AddFollowerSync(every: TimeSpan.FromDays(1))
    .AddCallback()
    .AddReceipts()
    .AddReach(reach => reach.SubscribeMessage())
    .AddFollowLinks()
    .AddWeChatEventHandler<Greeter>()
    .AddHealthCheck();
if (town is null)
{
    registration.UseSqlite("Data Source=webhost.db");
}
else
{
    // The town begins anew with each start, and so does what is known of it: in memory.
    town.Use(registration);
}

builder.Services.AddDataProtection();
builder.Services.AddSingleton<Sessions>();
builder.Services.AddSingleton<OrderDesk>();

// Whatever is wrong with a request, the answer is problem details (RFC 9457).
builder.Services.AddProblemDetails();
builder.Services.AddExceptionHandler<WeChatRefusals>();
builder.Services.AddValidation();
builder.Services.Configure<RouteHandlerOptions>(static options => options.ThrowOnBadRequest = false);
builder.Services.AddOpenApi();

var app = builder.Build();
app.UseExceptionHandler();
app.UseStatusCodePages();
app.UseDefaultFiles();
app.UseStaticFiles();
app.MapOpenApi("/openapi");
app.MapWeChatCallback("/wechat/callback");
app.MapHealthChecks("/health");

// What the Mini Program calls after wx.login. It gets a session of this app's own: openid and session key stay here.
app.MapPost("/sign-in", async (SignIn body, IUnionPush push, Sessions sessions, CancellationToken cancellationToken) =>
{
    var user = await push.SignInAsync(body.Code, cancellationToken: cancellationToken);
    return Results.Ok(new { session = sessions.Begin(user.OpenId), linked = user.UnionId is not null });
});

// An order of the signed-in user is paid, and the Official Account tells so.
app.MapPost("/orders", async (Order order, HttpRequest request, Sessions sessions, OrderDesk desk, CancellationToken cancellationToken) =>
    sessions.OpenIdOf(request.Headers.Authorization) is { } openId
        ? Results.Ok(await desk.PaidAsync(openId, order, cancellationToken))
        : Results.Unauthorized());

// What became of its message. The callback fills it in a moment later.
app.MapGet("/orders/{id}/receipts", async (string id, IMessageReceipts receipts, IOptions<WeChatUnionPushOptions> options, CancellationToken cancellationToken) =>
    (await receipts.FindByCorrelationIdAsync(options.Value.OfficialAccount.AppId, [id], cancellationToken))
        .Select(static receipt => new { messageId = receipt.MessageId.ToString(), receipt.SentAt, status = receipt.Status?.ToString(), receipt.FinishedAt }));

// What wx.requestSubscribeMessage answered, which the Mini Program posts as it got it.
app.MapConsentReports("/subscriptions", static context =>
    new(context.RequestServices.GetRequiredService<Sessions>().OpenIdOf(context.Request.Headers.Authorization)));

// A QR code with which the signed-in user follows the Official Account and is linked, and what became of it.
app.MapPost("/follow-link", async (HttpRequest request, Sessions sessions, IFollowLinks links, CancellationToken cancellationToken) =>
{
    if (sessions.OpenIdOf(request.Headers.Authorization) is not { } openId)
    {
        return Results.Unauthorized();
    }

    var link = await links.CreateAsync(openId, cancellationToken);
    return Results.Ok(new { link.Picture, link.ExpiresAt, svg = link.ToSvg(4), png = $"data:image/png;base64,{Convert.ToBase64String(link.ToPng(4))}" });
});
app.MapGet("/follow-link", async (HttpRequest request, Sessions sessions, IFollowLinks links, CancellationToken cancellationToken) =>
    sessions.OpenIdOf(request.Headers.Authorization) is { } openId
        ? Results.Ok(new { status = (await links.GetStatusAsync(openId, cancellationToken)).ToString() })
        : Results.Unauthorized());

app.MapGet("/coverage", (IUnionPush push, CancellationToken cancellationToken) => push.GetCoverageAsync(cancellationToken));

// For the operator, on this machine only.
var operations = app.MapGroup("/operations").AddEndpointFilter(static async (context, next) =>
    context.HttpContext.Connection.RemoteIpAddress is { } caller && IPAddress.IsLoopback(caller) ? await next(context) : Results.NotFound());

// What keeps messages from arriving, and what to do.
operations.MapGet("/doctor", (IUnionPushDoctor doctor, CancellationToken cancellationToken) => doctor.ExamineAsync(cancellationToken: cancellationToken));

// Counts the Official Account's calls anew, once a used up quota was raised. Without it the library asks WeChat again a minute after the refusal.
operations.MapPost("/clear-quota", async (IWeChatDiagnostics diagnostics, CancellationToken cancellationToken) =>
{
    await diagnostics.ClearQuotaAsync(cancellationToken);
    return Results.NoContent();
});

// What the page at / needs to know.
app.MapGet("/about", () => new { simulated = town is not null });

town?.Map(app);
app.Run();
