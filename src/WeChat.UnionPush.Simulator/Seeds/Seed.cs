using System.Text.Json;
using System.Text.Json.Serialization;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Simulator;

/// <summary>A platform as a file: written by hand, or exported. Without history it is what the platform begins with.</summary>
/// <remarks>What a file leaves out keeps the value given here, which the generated reader grants to <c>set</c> alone, not to <c>init</c>.</remarks>
internal sealed record Seed
{
    /// <summary>What openids and other made-up texts depend on.</summary>
    [JsonPropertyName("seed")]
    public int Number { get; set; }

    /// <summary>How many people there are in all; those who are not listed have no name and follow as <see cref="SeedApp.Followers"/> says.</summary>
    public long? Population { get; set; }

    public List<SeedApp> OfficialAccounts { get; set; } = [];

    public List<SeedApp> MiniPrograms { get; set; } = [];

    public List<SeedPerson> People { get; set; } = [];

    public List<FaultRequest> Faults { get; set; } = [];

    public List<MessageEntry>? Messages { get; set; }

    public List<CallEntry>? Calls { get; set; }

    public List<CallbackEntry>? Callbacks { get; set; }

    public static async Task<Seed> ReadAsync(Stream json, CancellationToken cancellationToken)
    {
        try
        {
            return await JsonSerializer.DeserializeAsync(json, SimulatorJson.Default.Seed, cancellationToken).ConfigureAwait(false)
                ?? throw new InvalidDataException("The seed file holds null instead of an object.");
        }
        catch (JsonException invalid)
        {
            throw new InvalidDataException($"The seed file is not valid: {invalid.Message}", invalid);
        }
    }

    public Seed WithoutHistory() => this with { Messages = null, Calls = null, Callbacks = null };

    /// <summary>Makes the platform.</summary>
    /// <exception cref="InvalidDataException">Something in it does not fit.</exception>
    public World Build(PlatformSimulator simulator, TimeProvider timeProvider)
    {
        if (OfficialAccounts.Count + MiniPrograms.Count == 0)
        {
            throw new InvalidDataException("The seed file has neither officialAccounts nor miniPrograms.");
        }

        var platform = new SimulatedPlatform(timeProvider, Number);
        var world = new World(platform);
        try
        {
            foreach (var app in MiniPrograms)
            {
                app.AddMiniProgram(world, simulator);
            }

            foreach (var app in OfficialAccounts)
            {
                app.AddOfficialAccount(world, simulator);
            }

            AddPeople(world);

            // Last of all: what the seed says has been so for long, and is no news.
            foreach (var app in OfficialAccounts.Concat(MiniPrograms))
            {
                var added = platform.FindApp(app.AppId)!;
                added.Callback = app.Callback?.ToCallback(simulator, added);
            }

            foreach (var fault in Faults)
            {
                world.Faults.Add(fault);
            }
        }
        catch (Exception misfit) when (misfit is ArgumentException or SimulatorException or UriFormatException)
        {
            throw new InvalidDataException($"The seed does not fit: {misfit.Message}", misfit);
        }

        return world;
    }

    private void AddPeople(World world)
    {
        var platform = world.Platform;
        long next = 0;
        var numbered = People.Select(person => (Person: person, Index: person.Index is { } index ? (next = index + 1) - 1 : next++)).ToArray();
        if (numbered.DistinctBy(static item => item.Index).Count() < numbered.Length)
        {
            throw new InvalidDataException("Two people of the seed have the same index.");
        }

        var highest = numbered.Length == 0 ? 0 : numbered.Max(static item => item.Index) + 1;
        var crowd = OfficialAccounts.Max(static app => (long?)app.Followers) ?? 0;
        var population = Math.Max(Population ?? 0, highest + (Population is null ? crowd : 0));
        var people = platform.AddPeople(population);
        foreach (var app in OfficialAccounts)
        {
            var account = platform.FindApp(app.AppId)!.OfficialAccount!;
            if (app.Followers is > 0 and var followers)
            {
                if (followers > population - highest)
                {
                    throw new InvalidDataException($"{app.AppId} cannot have {followers} followers beside the people listed: there are {population - highest}.");
                }

                account.AddFollowers(people.Slice(highest, followers));
            }

            foreach (var range in app.FollowerRanges ?? [])
            {
                if (range.First < 0 || range.End > population || range.First >= range.End)
                {
                    throw new InvalidDataException($"{app.AppId} has followers {range.First} to {range.End}, and there are {population} people.");
                }

                account.Followers.FollowAll(range.First, range.End, range.At);
            }
        }

        foreach (var (person, index) in numbered)
        {
            person.Restore(world, new SimulatedPerson(platform, index));
        }
    }
}
