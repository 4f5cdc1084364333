using System.Net;
using Microsoft.Extensions.DependencyInjection;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Diagnostics;

/// <summary>A healthy host with followers and users, in which a test breaks one thing.</summary>
internal sealed class DoctorScene : IAsyncDisposable
{
    public const string Token = Secrets.Marker + "Token";
    public const string AesKey = Secrets.Marker + "abcdefghijklmnopqrstuvwxyz01234567890";

    private readonly List<ServiceProvider> _hosts = [];
    private Action<WeChatUnionPushBuilder>? _choose;

    public Town Town { get; } = new(configure: static options => options.Http.MaxRetries = 0, choose: static builder => builder.AddCallback(static callback =>
    {
        callback.OfficialAccount.Token = Token;
        callback.OfficialAccount.EncodingAesKey = AesKey;
    }));

    public SimulatedPlatform Platform => Town.Platform;

    public SimulatedOfficialAccount Account => Town.Account;

    public SimulatedMiniProgram MiniProgram => Town.MiniProgram;

    public DoctorQuestions Questions { get; } = new();

    /// <summary>What is done while the examination runs, until it ends.</summary>
    public Action? Meanwhile { get; set; }

    public static async Task<DoctorScene> CreateAsync()
    {
        var scene = new DoctorScene();
        for (var i = 0; i < 25; i++)
        {
            var person = scene.Platform.AddPerson();
            person.Follow(scene.Account);
            await scene.Town.SignInAsync(person);
        }

        await scene.Town.Push.SyncFollowersAsync();
        return scene;
    }

    /// <summary>Examines another host on the same platform and the same stores.</summary>
    public void Host(Action<WeChatUnionPushBuilder> choose) => _choose += choose;

    public void Options(Action<WeChatUnionPushOptions> configure) => Host(builder => builder.Configure(configure));

    public void Handler(Func<HttpRequestMessage, HttpRequestMessage> change) =>
        Host(builder => builder.ConfigureHttpClient(client => client.AddHttpMessageHandler(() => new Changed(change))));

    public void Fault(SimulatedFault fault) => Platform.Faults.Add(fault);

    public async Task<List<DoctorFinding>> ExamineAsync()
    {
        var services = Town.Services;
        if (_choose is { } choose)
        {
            var storage = services.GetRequiredService<IUnionPushStorage>();
            services = Town.Build(builder =>
            {
                builder.UseStorage(_ => storage);
                choose(builder);
            });
            _hosts.Add(services);
        }

        var examined = CollectAsync(services.GetRequiredService<IUnionPushDoctor>(), Questions);
        while (Meanwhile is { } meanwhile && !examined.IsCompleted)
        {
            meanwhile();
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }

        return await examined;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts)
        {
            await host.DisposeAsync();
        }

        await Town.DisposeAsync();
    }

    public static async Task<List<DoctorFinding>> CollectAsync(IUnionPushDoctor doctor, DoctorQuestions? questions = null)
    {
        var findings = new List<DoctorFinding>();
        await foreach (var finding in doctor.ExamineAsync(questions, TestContext.Current.CancellationToken))
        {
            findings.Add(finding);
        }

        return findings;
    }

    public static HttpRequestException Network(HttpRequestError error) => new(error, "It broke.");

    public static HttpResponseMessage Page(HttpStatusCode status, string text) => new(status) { Content = new StringContent(text) };

    private sealed class Changed(Func<HttpRequestMessage, HttpRequestMessage> change) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            base.SendAsync(change(request), cancellationToken);
    }
}
