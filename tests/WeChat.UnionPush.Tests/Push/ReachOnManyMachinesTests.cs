using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Push;

/// <summary>Two hosts on one database push the same things to the same people at once: nobody gets one push on two channels, and the ledger stays true.</summary>
public sealed class ReachOnManyMachinesTests(PostgreSqlServer postgreSql, MariaDbServer mariaDb)
{
    [Theory]
    [InlineData("PostgreSQL")]
    [InlineData("MariaDB")]
    [InlineData("SQLite")]
    public async Task Nobody_gets_one_push_on_two_channels_and_the_ledger_equals_the_platform_s_truth(string kind)
    {
        IStores stores = kind switch { "PostgreSQL" => postgreSql, "MariaDB" => mariaDb, _ => new SqliteStores() };
        await using var data = await stores.CreateAsync();
        await using var town = new Town();
        var subscription = town.MiniProgram.AddSubscriptionTemplate("订单", "商品:{{thing1.DATA}}");
        var hosts = new List<ServiceProvider>();
        for (var i = 0; i < 2; i++)
        {
            var storage = data.Open(town.Time);
            hosts.Add(town.Build(builder => builder.UseStorage(_ => storage).AddReach(reach => reach.SubscribeMessage())));
        }

        var random = new Random(7);
        var people = Enumerable.Range(0, 6).Select(_ => town.Platform.AddPerson()).ToList();
        foreach (var person in people)
        {
            await hosts[0].GetRequiredService<IUnionPush>().SignInAsync(person.CreateLoginCode(town.MiniProgram));
        }

        var reached = new Dictionary<(SimulatedPerson, string), int>();
        for (var i = 0; i < 40; i++)
        {
            var person = people[random.Next(people.Count)];
            var openId = person.OpenIdIn(town.MiniProgram);
            switch (random.Next(4))
            {
                case 0:
                    person.AnswerSubscription(town.MiniProgram, subscription);
                    await hosts[random.Next(2)].GetRequiredService<ISubscribeConsents>().ReportAsync(openId, new Dictionary<string, string> { [subscription.Id] = "accept" });
                    break;
                case 1:
                    person.Follow(town.Account);
                    await hosts[random.Next(2)].GetRequiredService<IUnionPush>().SyncFollowersAsync();
                    break;
                default:
                    var key = $"k{random.Next(4)}";
                    var message = TemplateMessage.Create(town.Template.Id).Thing("thing1", key).Amount("amount2", 1m).Time("time3", town.Time.GetUtcNow())
                        .ForSubscribe(SubscribeMessage.Create(subscription.Id).Thing("thing1", key).Build()).IdempotencyKey(key).Build();
                    var results = await Task.WhenAll(hosts.Select(host => Task.Run(() => host.GetRequiredService<IUnionPush>().PushAsync(openId, message))));
                    reached[(person, key)] = reached.GetValueOrDefault((person, key)) + results.Count(result => result.IsSent);
                    break;
            }
        }

        Assert.Contains(reached.Values, count => count > 0);
        foreach (var ((person, key), count) in reached)
        {
            var messages = town.Account.MessagesTo(person).Count(message => message.Values["thing1"] == key)
                + town.MiniProgram.SubscriptionMessages.Count(message => message.Person.Equals(person) && message.Values["thing1"] == key);

            // A template message that is sent again with its key is told as sent each time, and arrives once.
            Assert.Equal(count > 0 ? 1 : 0, messages);
        }

        foreach (var person in people)
        {
            var state = await hosts[1].GetRequiredService<ISubscribeConsents>().GetAsync(person.OpenIdIn(town.MiniProgram), subscription.Id);
            Assert.Equal(person.SubscriptionsLeft(town.MiniProgram, subscription), state.Credits);
        }

        foreach (var host in hosts)
        {
            await host.DisposeAsync();
        }
    }
}
