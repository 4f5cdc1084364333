using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Simulator;

/// <summary>Writes a platform down as a seed, without its secrets, tokens and keys.</summary>
internal static class Export
{
    public static Seed Make(PlatformSimulator simulator)
    {
        var platform = simulator.Platform;
        var accounts = platform.Apps.Where(static app => app.OfficialAccount is not null).OrderBy(static app => app.AppId, StringComparer.Ordinal).ToArray();
        return new Seed
        {
            Number = platform.SeedNumber,
            Population = platform.PersonCount,
            OfficialAccounts = [.. accounts.Select(app => App(simulator, app))],
            MiniPrograms =
            [
                .. platform.Apps.Where(static app => app.MiniProgram is not null).OrderBy(static app => app.AppId, StringComparer.Ordinal).Select(app => App(simulator, app)),
            ],
            People = People(simulator, platform, accounts),
            Faults = [.. simulator.Faults.All().Select(static fault => fault.Fault)],
            Messages = [.. simulator.Journal.Messages()],
            Calls = [.. simulator.Journal.Calls()],
            Callbacks = [.. simulator.Journal.Callbacks()],
        };
    }

    private static SeedApp App(PlatformSimulator simulator, SimulatedApp app) => new()
    {
        AppId = app.AppId,
        Name = simulator.NameOf(app.AppId),
        OpenPlatform = app.OpenPlatform,
        Callback = app.Callback is { Address: not null } callback
            ? new CallbackRequest { Url = callback.Address.AbsoluteUri, Mode = callback.Mode, Json = callback.UsesJson }
            : null,
        Templates = [.. app.OfficialAccount?.Templates.Select(Template) ?? []],
        SubscriptionTemplates = [.. app.Subscriptions.Templates.Select(Template)],
        Pages = app.MiniProgram?.Pages is { } pages ? [.. pages] : null,
        MiniPrograms = app.OfficialAccount is { } account
            ? [.. app.Platform.Apps.Where(other => other.MiniProgram is not null && account.IsAssociated(other.AppId)).Select(static other => other.AppId)]
            : null,
        FollowerRanges = app.OfficialAccount is { } followed
            ? [.. followed.Followers.Export().Ranges.Select(static range => new SeedRange(range.First, range.End, DateTimeOffset.FromUnixTimeSeconds(range.AddedAt)))]
            : null,
        Switches = AppSwitches.Of(app),
        Quotas = app.Quotas.ExportLimits().ToDictionary(
            static limit => limit.Path, static limit => new QuotaRequest { Daily = limit.Daily, Minute = limit.Minute }, StringComparer.Ordinal),
    };

    private static SeedTemplate Template(SimulatedTemplate template) => new()
    {
        Id = template.Id,
        Title = template.Title,
        Content = template.Content,
        Example = template.Example,
        State = template.State,
        Approved = template.Keys.Any(key => template.ApprovedValues(key) is not null)
            ? template.Keys.Where(key => template.ApprovedValues(key) is not null).ToDictionary(static key => key, key => template.ApprovedValues(key)!, StringComparer.Ordinal)
            : null,
    };

    private static List<SeedPerson> People(PlatformSimulator simulator, SimulatedPlatform platform, SimulatedApp[] accounts)
    {
        var follows = accounts
            .SelectMany(app => app.OfficialAccount!.Followers.Export().Changed.Select(change => (change.Index, app.AppId, change.Details)))
            .ToLookup(static item => item.Index);
        var credits = platform.Apps.SelectMany(static app => app.Subscriptions.AllCredits()).ToLookup(static item => item.Person);
        var names = simulator.People.Names().ToDictionary(static item => item.Person, static item => item.Name);
        return
        [
            .. names.Keys.Concat(follows.Select(static group => group.Key)).Concat(credits.Select(static group => group.Key)).Distinct().Order().Select(person => new SeedPerson
            {
                Index = person,
                Name = names.GetValueOrDefault(person),
                Accounts = follows.Contains(person)
                    ? follows[person].ToDictionary(static item => item.AppId, static item => Follow(item.Details), StringComparer.Ordinal)
                    : null,
                Subscriptions = credits.Contains(person)
                    ? credits[person].ToDictionary(static item => item.TemplateId, static item => item.Credits, StringComparer.Ordinal)
                    : null,
            }),
        ];
    }

    private static SeedFollow Follow(FollowerDetails details) => new()
    {
        Following = details.Following,
        Since = DateTimeOffset.FromUnixTimeSeconds(details.Since),
        Scene = details.Scene,
        QrScene = details.QrScene,
        Refuses = details.Refuses,
        Blacklisted = details.Blacklisted,
    };
}
