using Microsoft.Extensions.Options;
using WebHost;
using WeChat.UnionPush;
using WeChat.UnionPush.AspNetCore;

var builder = WebApplication.CreateBuilder(args);
var town = string.IsNullOrEmpty(builder.Configuration["WeChat:OfficialAccount:AppId"]) ? new SimulatedTown() : null;
if (town is not null)
{
    builder.Configuration.AddInMemoryCollection(town.Settings);
}

var registration = builder.Services
    .AddWeChatUnionPush(builder.Configuration.GetSection("WeChat"))
    .UseSqlite($"Data Source={(town is null ? "webhost.db" : SimulatedTown.NewDatabase())}")
    .AddFollowerSync(every: TimeSpan.FromDays(1))
    .AddCallback()
    .AddReceipts()
    .AddWeChatEventHandler<Greeter>()
    .AddHealthCheck();
town?.Use(registration);
builder.Services.AddDataProtection();
builder.Services.AddSingleton<Sessions>();
builder.Services.AddSingleton<OrderDesk>();

var app = builder.Build();
app.MapWeChatCallback("/wechat/callback");
app.MapHealthChecks("/health");

// What the Mini Program calls after wx.login. It gets a session of this app's own: openid and session key stay here.
app.MapPost("/sign-in", async (SignIn body, IUnionPush push, Sessions sessions, CancellationToken cancellationToken) =>
{
    try
    {
        var user = await push.SignInAsync(body.Code, cancellationToken: cancellationToken);
        return Results.Ok(new { session = sessions.Begin(user.OpenId), linked = user.UnionId is not null });
    }
    catch (WeChatApiException refused) when (refused.ErrorClass == WeChatErrorClass.Request)
    {
        return Results.BadRequest(new { error = refused.Message });
    }
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

app.MapGet("/coverage", (IUnionPush push, CancellationToken cancellationToken) => push.GetCoverageAsync(cancellationToken));

town?.Map(app);
app.Run();

internal sealed record SignIn(string Code);
