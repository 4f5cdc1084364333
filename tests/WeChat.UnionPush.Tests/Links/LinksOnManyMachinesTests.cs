using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Links;

/// <summary>Two hosts on one database handle scans and held messages at once.</summary>
public sealed class LinksOnManyMachinesTests(PostgreSqlServer postgreSql, MariaDbServer mariaDb)
{
    [Theory]
    [InlineData("PostgreSQL")]
    [InlineData("MariaDB")]
    [InlineData("SQLite")]
    public async Task Each_code_links_who_scanned_it_first_and_each_held_message_goes_out_once(string kind)
    {
        IStores stores = kind switch { "PostgreSQL" => postgreSql, "MariaDB" => mariaDb, _ => new SqliteStores() };
        await using var data = await stores.CreateAsync();
        await using var town = new Town();
        town.MiniProgram.OpenPlatform = null;
        var hosts = new List<ServiceProvider>();
        for (var i = 0; i < 2; i++)
        {
            var storage = data.Open(town.Time);
            hosts.Add(town.Build(builder => builder.UseStorage(_ => storage).AddFollowLinks()));
        }

        var people = Enumerable.Range(0, 8).Select(_ => town.Platform.AddPerson()).ToList();
        foreach (var person in people)
        {
            await hosts[0].GetRequiredService<IUnionPush>().SignInAsync(person.CreateLoginCode(town.MiniProgram));
            var openId = person.OpenIdIn(town.MiniProgram);
            Assert.Equal(PushStatus.Held, (await hosts[1].GetRequiredService<IUnionPush>().HoldUntilLinkedAsync(openId, town.Message(), TimeSpan.FromDays(1))).Status);
            await hosts[0].GetRequiredService<IFollowLinks>().CreateAsync(openId);
            person.Follow(town.Account);
        }

        await hosts[1].GetRequiredService<IUnionPush>().SyncFollowersAsync();
        var books = hosts.ConvertAll(host => host.GetRequiredService<FollowLinkBook>());
        for (var i = 0; i < people.Count; i++)
        {
            // Both machines hear of two who scanned the code, in whatever order.
            var scene = town.Account.QrCodes[i].Scene;
            var scans = await Task.WhenAll(new[] { i, i + 1, i, i + 1 }.Select((who, at) => Task.Run(async () =>
            {
                var follower = people[who % people.Count].OpenIdIn(town.Account);
                var code = await books[at % 2].TakeCodeAsync(scene, follower, town.Time.GetUtcNow(), CancellationToken.None);
                return code is not null && await books[at % 2].LinkAsync(scene, code, follower, CancellationToken.None) ? follower : null;
            })));
            var user = people[i].OpenIdIn(town.MiniProgram);
            var linked = await books[0].BesideAsync(Town.MiniProgramAppId, user, null, CancellationToken.None);
            Assert.Equal(scans.Where(follower => follower is not null).Distinct(StringComparer.Ordinal).SingleOrDefault(), linked?.OpenId);
            if (linked is not null)
            {
                Assert.Equal(user, (await books[1].BesideAsync(Town.OfficialAccountAppId, linked.OpenId, null, CancellationToken.None))?.OpenId);
            }

            await Task.WhenAll(hosts.Select(host => Task.Run(() => host.GetRequiredService<HeldPushes>().SendAsync(user, CancellationToken.None))));
        }

        Assert.All(people, person => Assert.InRange(town.Account.MessagesTo(person).Count, 0, 1));
        Assert.Contains(people, person => town.Account.MessagesTo(person).Count == 1);
        foreach (var host in hosts)
        {
            await host.DisposeAsync();
        }
    }
}
