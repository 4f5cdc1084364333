using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Simulator;

/// <summary>A person as the REST API shows it.</summary>
internal sealed record PersonView(
    long Id, string? Name, IReadOnlyDictionary<string, string> OpenIds, IReadOnlyDictionary<string, string> UnionIds,
    IReadOnlyDictionary<string, SeedFollow> Accounts, IReadOnlyDictionary<string, int> Subscriptions)
{
    public static PersonView Of(PlatformSimulator simulator, long person)
    {
        var apps = simulator.Platform.Apps;
        return new(
            person,
            simulator.People.NameOf(person),
            apps.ToDictionary(static app => app.AppId, app => app.Identifiers.Encode(person), StringComparer.Ordinal),
            apps.Select(static app => app.OpenPlatform).OfType<string>().Distinct(StringComparer.Ordinal)
                .ToDictionary(static name => name, name => simulator.Platform.UnionIds(name).Encode(person), StringComparer.Ordinal),
            apps.Where(static app => app.OfficialAccount is not null)
                .ToDictionary(static app => app.AppId, app => Follow(app.OfficialAccount!.Followers.Find(person)), StringComparer.Ordinal),
            apps.SelectMany(static app => app.Subscriptions.Templates.Select(template => (app, template)))
                .ToDictionary(static item => item.template.Id, item => item.app.Subscriptions.Credits(person, item.template.Id), StringComparer.Ordinal));
    }

    private static SeedFollow Follow(FollowerDetails details) => new()
    {
        Following = details.Following,
        Since = details.Since == 0 ? null : DateTimeOffset.FromUnixTimeSeconds(details.Since),
        Scene = details.Following ? details.Scene : null,
        QrScene = details.QrScene,
        Refuses = details.Refuses,
        Blacklisted = details.Blacklisted,
    };
}
