using WeChat.UnionPush.Testing;
using WeChat.UnionPush.Tests.Callbacks;
using WeChat.UnionPush.Tests.Links;

namespace WeChat.UnionPush.Tests.Erasures;

/// <summary>What the channels beside the template message keep of a person is erased with the person, on every store.</summary>
public sealed class ErasedReachTests(PostgreSqlServer postgreSql, MariaDbServer mariaDb)
{
    public static TheoryData<string, bool> Stores
    {
        get
        {
            var stores = new TheoryData<string, bool>();
            foreach (var store in (string[])["memory", "SQLite", "PostgreSQL", "MariaDB", "Entity Framework Core"])
            {
                stores.Add(store, false);
                stores.Add(store, true);
            }

            return stores;
        }
    }

    [Theory, MemberData(nameof(Stores))]
    public async Task Nothing_readable_is_left_of_an_erased_person_and_others_keep_theirs(string store, bool byUnionId)
    {
        IStores stores = store switch
        {
            "PostgreSQL" => postgreSql,
            "MariaDB" => mariaDb,
            "SQLite" => new SqliteStores(),
            "memory" => new InMemoryStores(),
            _ => new EntityFrameworkSqliteStores(),
        };
        await using var data = await stores.CreateAsync();
        await using var town = new Town();
        var storage = data.Open(town.Time);
        var subscription = town.MiniProgram.AddSubscriptionTemplate("订单", "商品:{{thing1.DATA}}");
        await using var host = await LinkHost.StartAsync(town, storage, builder => builder.AddFollowLinks()
            .AddReach(reach => reach.SubscribeMessage().CustomerService().AfterFailedDelivery()));
        var (person, other) = (town.Platform.AddPerson(), town.Platform.AddPerson());
        foreach (var one in (SimulatedPerson[])[person, other])
        {
            await LeaveTracesAsync(town, host, one, subscription);
        }

        foreach (var (owner, stranger) in ((SimulatedPerson, SimulatedPerson)[])[(other, person), (person, other)])
        {
            await host.Services.GetRequiredService<IFollowLinks>().CreateAsync(owner.OpenIdIn(town.MiniProgram));
            stranger.Scan(town.Account, town.Account.QrCodes[^1]);
            await LinkHost.SettleAsync(town, host);
        }

        foreach (var id in IdsOf(town, person).Concat(IdsOf(town, other)))
        {
            Assert.Contains(await NotesAsync(storage), note => note.Contains(id, StringComparison.Ordinal));
        }

        await (byUnionId ? host.Push.EraseByUnionIdAsync(person.UnionIdUnder(Town.OpenPlatform)) : host.Push.EraseAsync(person.OpenIdIn(town.MiniProgram)));

        var left = await NotesAsync(storage);
        foreach (var id in (string[])[.. IdsOf(town, person), $"to {person.Index}"])
        {
            Assert.DoesNotContain(left, note => note.Contains(id, StringComparison.Ordinal));
        }

        foreach (var id in (string[])[.. IdsOf(town, other), $"to {other.Index}"])
        {
            Assert.Contains(left, note => note.Contains(id, StringComparison.Ordinal));
        }

        var consents = host.Services.GetRequiredService<ISubscribeConsents>();
        Assert.Equal(ConsentState.None, await consents.GetAsync(person.OpenIdIn(town.MiniProgram), subscription.Id));
        Assert.Equal(1, (await consents.GetAsync(other.OpenIdIn(town.MiniProgram), subscription.Id)).Credits);

        // What the platform tells about their messages from now on sends nothing, and leaves nothing.
        var sent = town.MiniProgram.SubscriptionMessages.Count;
        await TellAsync(host, town, person, town.Account.MessagesTo(person)[0].MessageId);
        Assert.Equal(sent, town.MiniProgram.SubscriptionMessages.Count);
        left = await NotesAsync(storage);
        Assert.All(IdsOf(town, person), id => Assert.DoesNotContain(left, note => note.Contains(id, StringComparison.Ordinal)));
        await TellAsync(host, town, other, town.Account.MessagesTo(other)[0].MessageId);
        Assert.Equal(sent + 1, town.MiniProgram.SubscriptionMessages.Count);
    }

    /// <summary>A link, messages that were accepted for each id, one that is held, a window and two taps.</summary>
    private static async Task LeaveTracesAsync(Town town, CallbackHost host, SimulatedPerson person, SimulatedTemplate subscription)
    {
        var (openId, text) = (person.OpenIdIn(town.MiniProgram), $"to {person.Index}");
        var links = host.Services.GetRequiredService<IFollowLinks>();
        await host.Push.SignInAsync(person.CreateLoginCode(town.MiniProgram));
        await links.CreateAsync(openId);
        person.Scan(town.Account, town.Account.QrCodes[^1]);
        person.Write(town.Account, "你好");
        await LinkHost.SettleAsync(town, host);

        for (var i = 0; i < 2; i++)
        {
            await host.Services.GetRequiredService<ISubscribeConsents>().ReportAsync(openId, new Dictionary<string, string> { [subscription.Id] = "accept" });
            person.AnswerSubscription(town.MiniProgram, subscription);
        }

        Assert.Equal(PushChannel.TemplateMessage, (await host.Push.PushAsync(openId, Message(town, subscription, text))).Channel);
        Assert.Equal(PushChannel.TemplateMessage, (await host.Push.PushToUnionIdAsync(person.UnionIdUnder(Town.OpenPlatform), Message(town, subscription, text))).Channel);
        town.Time.Advance(TimeSpan.FromSeconds(1));
        await host.Repository.SaveAsync(
            [new WeChatIdentity(Town.OfficialAccountAppId, person.OpenIdIn(town.Account)) { FollowState = FollowState.Refusing, ObservedAt = town.Time.GetUtcNow() }],
            erasuresSeen: 0);
        Assert.Equal(PushChannel.SubscribeMessage, (await host.Push.PushAsync(openId, Message(town, subscription, text))).Channel);
        Assert.Equal(1, (await host.Services.GetRequiredService<ISubscribeConsents>().GetAsync(openId, subscription.Id)).Credits);
        Assert.True(await host.Services.GetRequiredService<HeldPushes>().AddAsync(
            openId, Message(town, subscription, text), town.Time.GetUtcNow().AddDays(1), CancellationToken.None));
    }

    private static TemplateMessage Message(Town town, SimulatedTemplate subscription, string text) =>
        TemplateMessage.Create(town.Template.Id).Thing("thing1", text).Amount("amount2", 39.80m).Time("time3", town.Time.GetUtcNow())
            .ForSubscribe(SubscribeMessage.Create(subscription.Id).Thing("thing1", text).Build()).Build();

    private static async Task TellAsync(CallbackHost host, Town town, SimulatedPerson person, long messageId)
    {
        await host.DeliverAsync(CallbackHost.Finished(town, person, messageId, "failed:user block"));
        await LinkHost.SettleAsync(town, host);
    }

    private static string[] IdsOf(Town town, SimulatedPerson person) =>
        [person.OpenIdIn(town.MiniProgram), person.OpenIdIn(town.Account), person.UnionIdUnder(Town.OpenPlatform)];

    /// <summary>Every note of both apps, its key and what it says.</summary>
    private static async Task<List<string>> NotesAsync(IUnionPushStorage storage)
    {
        var notes = new List<string>();
        foreach (var appId in (string[])[Town.MiniProgramAppId, Town.OfficialAccountAppId])
        {
            for (var first = 'a'; first <= 'z'; first++)
            {
                notes.AddRange((await storage.Reach!.ListAsync(appId, $"{first}", null, 1_000)).Select(note => $"{note.Key} {note.Value.Value}"));
            }
        }

        return notes;
    }
}
