using System.Text.Json;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Simulator;

/// <summary>A person in a seed.</summary>
internal sealed record SeedPerson
{
    /// <summary>The number; the next one when left out.</summary>
    public long? Index { get; set; }

    public string? Name { get; set; }

    /// <summary>The accounts that the person follows, in short.</summary>
    public List<string>? Follows { get; set; }

    /// <summary>How the person stands to accounts, at length.</summary>
    public Dictionary<string, SeedFollow>? Accounts { get; set; }

    /// <summary>How many messages the person has allowed, by template.</summary>
    public Dictionary<string, int>? Subscriptions { get; set; }

    public void Restore(World world, SimulatedPerson person)
    {
        world.People.Rename(person.Index, Name);
        foreach (var appId in Follows ?? [])
        {
            // Not an act of today: it opens no window for customer messages.
            Account(world, appId).Followers.Follow(person.Index, world.Platform.Now, "ADD_SCENE_SEARCH", qrScene: null);
        }

        foreach (var (appId, state) in Accounts ?? [])
        {
            Account(world, appId).Followers.Restore(
                person.Index,
                new FollowerDetails(
                    state.Following, state.Since?.ToUnixTimeSeconds() ?? world.Platform.Now.ToUnixTimeSeconds(), state.Scene ?? "ADD_SCENE_OTHERS",
                    state.QrScene, state.Refuses, state.Blacklisted));
        }

        foreach (var (templateId, credits) in Subscriptions ?? [])
        {
            var app = world.Platform.Apps.FirstOrDefault(app => app.Subscriptions.Find(templateId) is not null)
                ?? throw new InvalidDataException($"{Name ?? "A person"} has allowed {templateId}, and there is no such subscription template.");
            app.Subscriptions.SetCredits(person.Index, templateId, credits);
        }
    }

    private SimulatedOfficialAccount Account(World world, string appId) => world.Platform.FindApp(appId)?.OfficialAccount
        ?? throw new InvalidDataException($"{Name ?? "A person"} follows {appId}, and there is no such Official Account.");
}
