using Microsoft.Extensions.DependencyInjection;
using WeChat.UnionPush.Tests.Callbacks;

namespace WeChat.UnionPush.Tests.Push;

/// <summary>
/// A town lives on two hosts with one storage: people tap and refuse, follow by codes and leave, scan what is theirs and what is not, while pushes go over all
/// channels, events come late, twice and in any order, and hosts are replaced at work.
/// </summary>
public sealed class ReachTownTests(PostgreSqlServer postgreSql, MariaDbServer mariaDb)
{
    private static readonly string[] Kinds = ["memory", "SQLite", "PostgreSQL", "MariaDB"];

    /// <summary>Two seeds on each store at every build: odd ones refuse at the send, even ones by a later event. Twenty on each in a full run.</summary>
    public static TheoryData<int, string> Lives =>
        [.. Runs.Seeds(2, 20).SelectMany(static _ => Kinds, static (seed, kind) => new TheoryDataRow<int, string>(seed, kind))];

    [Theory]
    [MemberData(nameof(Lives))]
    public async Task In_the_end_the_ledger_is_true_no_call_was_in_vain_nobody_was_reached_twice_and_no_stranger_is_linked(int seed, string kind)
    {
        IStores stores = kind switch { "memory" => new InMemoryStores(), "SQLite" => new SqliteStores(), "PostgreSQL" => postgreSql, _ => mariaDb };
        await using var data = await stores.CreateAsync();
        await using var town = new Town(seed: seed);
        var storage = data.Open(town.Time);
        var life = new ReachLife(town, new WatchedInbox(storage.EventInbox, data.Open(town.Time).EventInbox), seed);
        try
        {
            life.Hosts = [await StartAsync(), await StartAsync()];
            await life.BeginAsync();
            for (var step = 1; step <= ReachLife.Steps; step++)
            {
                await life.StepAsync(step);
                if (step % (ReachLife.Steps / 4) == 0)
                {
                    await life.ReplaceAsync(step / (ReachLife.Steps / 4) % 2, StartAsync);
                }
            }

            await life.EndAsync();
            await life.ProveAsync(storage);
        }
        finally
        {
            await life.LeaveAsync(life.Hosts);
        }

        Task<CallbackHost> StartAsync() => CallbackHost.StartAsync(
            town,
            static options => options.HandlerTimeout = TimeSpan.FromHours(1),
            builder =>
            {
                // Each host opens the data for itself, as another process would. It has its own tokens: the clock stands while people act, so that one that waits for the
                // other's new token would wait for ever.
                builder.UseStorage(_ => data.Open(town.Time)).UseInMemoryAccessTokens().UseEventInbox(_ => life.Inbox)
                    .UseStandIn(() => life.Watch(town.Platform.CreateHandler())).AddWeChatEventHandler<ReachLife.Ear>().AddFollowLinks();
                builder.AddReach(reach =>
                {
                    reach.SubscribeMessage().SubscribeNotice().CustomerService().Fallback<ReachLife.Pigeon>();
                    _ = life.RefusesLater ? reach.AfterFailedDelivery() : reach;
                });
            },
            life.Inbox,
            services => services.AddSingleton(life));
    }
}
