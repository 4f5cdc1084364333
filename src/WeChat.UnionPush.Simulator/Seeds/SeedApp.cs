using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Simulator;

/// <summary>An Official Account or a Mini Program in a seed.</summary>
internal sealed record SeedApp
{
    /// <summary>The secret, token and key of an app whose seed does not say. Exports never say.</summary>
    public const string DefaultSecret = "0123456789abcdef0123456789abcdef";
    public const string DefaultToken = "simulated";
    public const string DefaultAesKey = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

    public string AppId { get; set; } = "";

    public string? AppSecret { get; set; }

    public string? Name { get; set; }

    public string? OpenPlatform { get; set; }

    public CallbackRequest? Callback { get; set; }

    public List<SeedTemplate> Templates { get; set; } = [];

    public List<SeedTemplate> SubscriptionTemplates { get; set; } = [];

    /// <summary>Of a Mini Program: the pages of the published version; any when left out.</summary>
    public List<string>? Pages { get; set; }

    /// <summary>Of an Official Account: the Mini Programs associated with it; all of the seed when left out.</summary>
    public List<string>? MiniPrograms { get; set; }

    /// <summary>Of an Official Account: how many people without a name follow it.</summary>
    public long? Followers { get; set; }

    /// <summary>Of an Official Account: who follows it without being listed, from and to which number, since when.</summary>
    public List<SeedRange>? FollowerRanges { get; set; }

    public AppSwitches? Switches { get; set; }

    public Dictionary<string, QuotaRequest>? Quotas { get; set; }

    public void AddMiniProgram(World world, PlatformSimulator simulator)
    {
        var miniProgram = world.Platform.AddMiniProgram(AppId, AppSecret ?? simulator.FindCurrent(AppId)?.AppSecret ?? DefaultSecret, OpenPlatform);
        miniProgram.Pages = Pages;
        Finish(world, miniProgram.App);
    }

    public void AddOfficialAccount(World world, PlatformSimulator simulator)
    {
        var account = world.Platform.AddOfficialAccount(AppId, AppSecret ?? simulator.FindCurrent(AppId)?.AppSecret ?? DefaultSecret, OpenPlatform);

        // The journal keeps them, up to its cap.
        account.KeepsMessages = false;
        foreach (var app in world.Platform.Apps.Where(static app => app.MiniProgram is not null).ToArray())
        {
            if (MiniPrograms?.Contains(app.AppId) != false)
            {
                account.Associate(app.MiniProgram!);
            }
        }

        foreach (var template in Templates)
        {
            template.Finish(account.AddTemplate(template.Title, template.Content, template.Example ?? "", template.Id));
        }

        Finish(world, account.App);
    }

    private void Finish(World world, SimulatedApp app)
    {
        if (Name is { Length: > 0 } name)
        {
            world.AppNames[AppId] = name;
        }

        foreach (var template in SubscriptionTemplates)
        {
            template.Finish(app.Subscriptions.Add(template.Title, template.Content, template.Example ?? "", template.Id));
        }

        Switches?.Apply(app);
        foreach (var (path, quota) in Quotas ?? [])
        {
            quota.Apply(app, path);
        }
    }
}
