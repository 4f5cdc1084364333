namespace AppHostSample;

/// <summary>The simulated WeChat platform as a resource of an Aspire app. Copy this file and the resource beside it.</summary>
internal static class UnionPushSimulatorExtensions
{
    // The shop that the simulator begins with. A seed file of your own (--seed) has your own ids.
    private const string OfficialAccount = "wx5a1c0de5f0a2b3c4";
    private const string MiniProgram = "wx9d8e7f6a5b4c3d2e";
    private const string Secret = "0123456789abcdef0123456789abcdef";
    private const string CallbackToken = "simulated";
    private const string CallbackKey = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

    /// <summary>Adds the simulated platform.</summary>
    /// <param name="builder">The app.</param>
    /// <param name="name">Name of the resource.</param>
    /// <param name="tool">
    /// The assembly of the tool. Without it the command <c>unionpush</c> is run, which <c>dotnet tool install --global WeChat.UnionPush.Tool</c> installs.
    /// </param>
    public static IResourceBuilder<UnionPushSimulatorResource> AddUnionPushSimulator(this IDistributedApplicationBuilder builder, string name, string? tool = null) =>
        builder.AddResource(new UnionPushSimulatorResource(name, tool is null ? "unionpush" : "dotnet", builder.AppHostDirectory))
            .WithArgs(context =>
            {
                if (tool is not null)
                {
                    context.Args.Add(tool);
                }

                var endpoint = ((UnionPushSimulatorResource)context.Resource).Endpoint;
                context.Args.Add("simulate");
                context.Args.Add("--port");
                context.Args.Add(endpoint.Property(EndpointProperty.TargetPort));
            })
            .WithHttpEndpoint(name: "http")
            .WithHttpHealthCheck("/api/state")
            .ExcludeFromManifest();

    /// <summary>Points a host at the simulated platform, with what stands under "WeChat" in its configuration, and the platform's events at the host.</summary>
    /// <param name="host">The host.</param>
    /// <param name="simulator">The simulated platform.</param>
    /// <param name="callback">The path of the host's callback URL.</param>
    public static IResourceBuilder<ProjectResource> WithUnionPushSimulator(
        this IResourceBuilder<ProjectResource> host, IResourceBuilder<UnionPushSimulatorResource> simulator, string callback)
    {
        simulator.WithArgs(context =>
        {
            context.Args.Add("--callback");
            context.Args.Add(ReferenceExpression.Create($"{host.GetEndpoint("http")}{callback}"));
        });
        return host
            .WithEnvironment("WeChat__ApiBaseAddress", simulator.Resource.Endpoint)
            .WithEnvironment("WeChat__OfficialAccount__AppId", OfficialAccount)
            .WithEnvironment("WeChat__OfficialAccount__AppSecret", Secret)
            .WithEnvironment("WeChat__MiniProgram__AppId", MiniProgram)
            .WithEnvironment("WeChat__MiniProgram__AppSecret", Secret)
            .WithEnvironment("WeChat__Callback__OfficialAccount__Token", CallbackToken)
            .WithEnvironment("WeChat__Callback__OfficialAccount__EncodingAesKey", CallbackKey)
            .WaitFor(simulator);
    }
}
