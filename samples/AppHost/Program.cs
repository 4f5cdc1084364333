using AppHostSample;
using Microsoft.Extensions.DependencyInjection;

// With Aspire's dashboard:         dotnet run --project samples/AppHost
// One order from end to end:       dotnet run --project samples/AppHost -- --once
var once = args is ["--once"];
var builder = DistributedApplication.CreateBuilder(new DistributedApplicationOptions { Args = once ? [] : args, DisableDashboard = once });

// In an app of yours: builder.AddUnionPushSimulator("wechat"). Here the tool is the one that was built beside this program.
var output = Path.GetRelativePath(builder.AppHostDirectory, AppContext.BaseDirectory);
var tool = Path.GetFullPath(Path.Combine(builder.AppHostDirectory, "../../src/WeChat.UnionPush.Tool", output, "WeChat.UnionPush.Tool.dll"));
var simulator = builder.AddUnionPushSimulator("wechat", tool);
var shop = builder.AddProject<Projects.WebHost>("shop")
    .WithHttpEndpoint(name: "http")
    .WithHttpHealthCheck("/health")
    .WithUnionPushSimulator(simulator, "/wechat/callback")
    .WithEnvironment("OrderTemplateId", "Tm1-order-paid-0123456789abcdefghijklmnopqr");

// The settings of this shop name an address, which has to give way to the one that Aspire chose.
shop.WithEnvironment("Urls", ReferenceExpression.Create($"http://127.0.0.1:{shop.GetEndpoint("http").Property(EndpointProperty.TargetPort)}"));

await using var app = builder.Build();
if (!once)
{
    await app.RunAsync();
    return;
}

using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(5));
await app.StartAsync(deadline.Token);
await app.Services.GetRequiredService<ResourceNotificationService>().WaitForResourceHealthyAsync("shop", deadline.Token);
var order = new OneOrder(new Uri(simulator.Resource.Endpoint.Url), new Uri(shop.GetEndpoint("http").Url));
var message = await order.PlaceAsync(deadline.Token);
await app.StopAsync(deadline.Token);
Console.WriteLine($"apphost: the order was paid, and the phone shows: {message}");
