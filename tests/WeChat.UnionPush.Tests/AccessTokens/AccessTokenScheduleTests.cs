using Microsoft.Extensions.Logging.Abstractions;

namespace WeChat.UnionPush.Tests.AccessTokens;

public sealed class AccessTokenScheduleTests
{
    [Fact]
    public void One_token_call_at_a_time_no_refused_token_again_and_nobody_waits_for_ever() => Schedules.Hold<TwoProcesses>();

    [Fact]
    public void A_token_that_is_refused_while_it_is_brought_again_is_not_taken() => Schedules.Hold<NearEnd>();

    [Fact]
    public void A_token_that_is_refused_as_soon_as_it_is_there_is_given_to_nobody_else() => Schedules.Hold<RefusedAtOnce>();

    [Fact]
    public void An_old_token_serves_on_while_its_successor_cannot_be_had() => Schedules.Hold<EarlyRefresh>();

    [Fact]
    public void A_process_that_died_with_the_lease_and_a_store_that_fails_hold_nobody_up() => Schedules.Hold<DeadHolder>();

    /// <summary>What the platform does: the stable channel's token stays until somebody forces another one, or another system resets it.</summary>
    private sealed class Desk(Schedule schedule)
    {
        private int _made;
        private DateTimeOffset _endsAt;
        private string _token = "";

        public int Calls { get; private set; }

        public List<DateTimeOffset> Forced { get; } = [];

        public TimeSpan Lifetime { get; init; } = TimeSpan.FromHours(2);

        /// <summary>How long before the end of a token there is another one.</summary>
        public TimeSpan Overlap { get; init; } = TimeSpan.FromMinutes(5);

        /// <summary>Whether calls may take long.</summary>
        public bool IsSlow { get; init; } = true;

        /// <summary>Whether calls may fail.</summary>
        public bool Fails { get; init; }

        /// <summary>Whether the platform refuses a token of now.</summary>
        public bool Refuses(AccessToken token) => token.Reveal() != _token || _reset == _token;

        /// <summary>The token is good no more, and the platform goes on giving it out.</summary>
        public void Break() => _reset ??= _token;

        private string? _reset;

        public async Task<AccessToken> CallAsync(bool forced)
        {
            Calls++;
            await schedule.StepAsync();
            var now = schedule.Time.GetUtcNow();
            if (forced)
            {
                Forced.Add(now);
            }

            if (forced || _token.Length == 0 || now >= _endsAt - Overlap)
            {
                (_token, _endsAt) = ($"token-{++_made}", now + Lifetime);
            }

            var token = new AccessToken(_token, _endsAt);
            if (IsSlow && schedule.May("the answer is slow"))
            {
                await Task.Delay(TimeSpan.FromSeconds(1), schedule.Time);
            }

            await schedule.StepAsync();
            return Fails && schedule.May("the call fails")
                ? throw new WeChatApiException("/cgi-bin/stable_token", null, WeChatErrorClass.Transient, "busy")
                : token;
        }
    }

    /// <summary>A store that takes its time, and whose processes die.</summary>
    private sealed class Store(Schedule schedule, IAccessTokenStore inner) : IAccessTokenStore
    {
        public bool Fails { get; init; }

        public bool IsDead { get; set; }

        public async ValueTask<StoredAccessToken?> GetAsync(string key, CancellationToken cancellationToken = default)
        {
            await BeforeAsync("read");
            var record = await inner.GetAsync(key, CancellationToken.None);
            await schedule.StepAsync();
            return record;
        }

        public async ValueTask SetAsync(string key, StoredAccessToken record, CancellationToken cancellationToken = default)
        {
            await BeforeAsync("write");
            await inner.SetAsync(key, record, CancellationToken.None);
            await schedule.StepAsync();
        }

        public async ValueTask<ILease?> TryLeaseAsync(string key, TimeSpan duration, CancellationToken cancellationToken = default)
        {
            await BeforeAsync("lease");
            var lease = await inner.TryLeaseAsync(key, duration, CancellationToken.None);
            await schedule.StepAsync();
            return lease is null ? null : new Lease(this, lease);
        }

        private async Task BeforeAsync(string what)
        {
            await schedule.StepAsync();
            if (IsDead)
            {
                await new TaskCompletionSource().Task;
            }

            if (Fails && schedule.May($"the store fails: {what}"))
            {
                throw new InvalidOperationException("the store is gone");
            }

            if (Fails && schedule.May($"the store hangs: {what}"))
            {
                await new TaskCompletionSource().Task;
            }
        }

        private sealed class Lease(Store store, ILease inner) : ILease
        {
            public ValueTask<bool> RenewAsync(TimeSpan duration, CancellationToken cancellationToken = default) => inner.RenewAsync(duration, cancellationToken);

            public async ValueTask DisposeAsync()
            {
                await store.BeforeAsync("release");
                await inner.DisposeAsync();
            }
        }
    }

    /// <summary>One process with its cache, which watches its own promises.</summary>
    private sealed class Process
    {
        private readonly Schedule _schedule;
        private readonly Desk _desk;
        private readonly HashSet<string> _refused = [];
        private int _calls;

        public Process(Schedule schedule, Desk desk, IAccessTokenStore store)
        {
            (_schedule, _desk) = (schedule, desk);
            Cache = new AccessTokenCache("wx1", new AccessTokenOptions(), CallAsync, store, schedule.Time, NullLogger.Instance);
        }

        public AccessTokenCache Cache { get; }

        /// <summary>A process that has begun to die calls nobody.</summary>
        public bool IsDead { get; set; }

        public async Task<AccessToken> GetAsync(CancellationToken stop) => await WatchAsync(() => Cache.GetAsync(stop));

        public Task<AccessToken> RenewAsync(AccessToken token, CancellationToken stop) => WatchAsync(() =>
        {
            var renewed = Cache.RenewAsync(token, stop);
            _refused.Add(token.Reveal());
            return renewed;
        });

        private async Task<AccessToken> WatchAsync(Func<ValueTask<AccessToken>> ask)
        {
            HashSet<string> refused = [.. _refused];
            var asked = ask();
            var token = await asked;
            Assert.DoesNotContain(token.Reveal(), refused);
            return token;
        }

        private async Task<AccessToken> CallAsync(bool forced, CancellationToken stop)
        {
            _schedule.Demand(++_calls == 1, "Two token calls at once.");
            try
            {
                if (IsDead)
                {
                    await new TaskCompletionSource().Task;
                }

                return await _desk.CallAsync(forced);
            }
            finally
            {
                _calls--;
            }
        }
    }

    /// <summary>Callers of two processes get tokens, use them, have them refused, and give up, while the platform's token is reset.</summary>
    private sealed class TwoProcesses : IScenario
    {
        public async Task RunAsync(Schedule schedule)
        {
            var store = new Store(schedule, new InMemoryAccessTokenStore(schedule.Time));
            var desk = new Desk(schedule);
            Process[] processes = [new(schedule, desk, store), new(schedule, desk, store)];
            var mayBreak = true;
            await Task.WhenAll(Enumerable.Range(0, 5).Select(number => schedule.Start(async () =>
            {
                var process = processes[number / 3];
                using var stop = new CancellationTokenSource();
                var givesUp = number == 1 && schedule.May("a caller gives up")
                    ? schedule.Start(async () =>
                    {
                        await schedule.StepAsync();
                        stop.Cancel();
                    })
                    : Task.CompletedTask;
                try
                {
                    var began = schedule.Time.GetTimestamp();
                    var token = await process.GetAsync(stop.Token);
                    for (var i = 0; i < 2; i++)
                    {
                        await schedule.StepAsync();
                        if (mayBreak && schedule.May("the platform's token is reset"))
                        {
                            mayBreak = false;
                            desk.Break();
                        }

                        if (!desk.Refuses(token))
                        {
                            break;
                        }

                        token = await process.RenewAsync(token, stop.Token);
                    }

                    Assert.False(desk.Refuses(token), "It cannot get out of a token that is refused.");
                    Assert.True(schedule.Time.GetElapsedTime(began) < TimeSpan.FromSeconds(30), "With everything well it waited for a time limit.");
                }
                catch (OperationCanceledException exception)
                {
                    Assert.Equal(stop.Token, exception.CancellationToken);
                    Assert.True(stop.IsCancellationRequested);
                }

                await givesUp;
            })));

            // One token call for all, and one more of each kind where the token was reset.
            Assert.True(desk.Calls <= (mayBreak ? 1 : 3), $"{desk.Calls} token calls");
            Assert.InRange(desk.Forced.Count, 0, mayBreak ? 0 : 1);
            Assert.All(processes, static process => Assert.True(process.Cache.HasToken));
        }
    }

    /// <summary>A token is asked for anew near its end, and the platform gives the same one, which is reset meanwhile.</summary>
    private sealed class NearEnd : IScenario
    {
        public async Task RunAsync(Schedule schedule)
        {
            var desk = new Desk(schedule) { Overlap = TimeSpan.FromMinutes(1) };
            var process = new Process(schedule, desk, new Store(schedule, new InMemoryAccessTokenStore(schedule.Time)));
            var first = await process.GetAsync(CancellationToken.None);
            await Task.Delay(first.ExpiresAt - TimeSpan.FromMinutes(3) + TimeSpan.FromSeconds(1) - schedule.Time.GetUtcNow(), schedule.Time);
            await Task.WhenAll(Enumerable.Range(0, 4).Select(number => schedule.Start(async () =>
            {
                var token = await process.GetAsync(CancellationToken.None);
                for (var steps = schedule.Choose(4); steps > 0; steps--)
                {
                    await schedule.StepAsync();
                }

                if (number == 0)
                {
                    desk.Break();
                }

                for (var i = 0; i < 2 && desk.Refuses(token); i++)
                {
                    token = await process.RenewAsync(token, CancellationToken.None);
                }

                Assert.False(desk.Refuses(token), "It cannot get out of a token that is refused.");
            })));
        }
    }

    /// <summary>The first token is no good from the start. Some wait for it, and others take it in the moment in which it is there, and have it refused.</summary>
    private sealed class RefusedAtOnce : IScenario
    {
        public async Task RunAsync(Schedule schedule)
        {
            var desk = new Desk(schedule) { IsSlow = false };
            var process = new Process(schedule, desk, new Store(schedule, new InMemoryAccessTokenStore(schedule.Time)));
            await Task.WhenAll(Enumerable.Range(0, 3).Select(number => schedule.Start(async () =>
            {
                while (number > 0 && !process.Cache.HasToken)
                {
                    await schedule.StepAsync();
                }

                var token = await process.GetAsync(CancellationToken.None);
                if (token.Reveal() == "token-1")
                {
                    desk.Break();
                    token = await process.RenewAsync(token, CancellationToken.None);
                }

                Assert.Equal("token-2", token.Reveal());
            })));
        }
    }

    /// <summary>A token is near its end, and calls for another one fail.</summary>
    private sealed class EarlyRefresh : IScenario
    {
        public async Task RunAsync(Schedule schedule)
        {
            var store = new Store(schedule, new InMemoryAccessTokenStore(schedule.Time)) { Fails = true };
            var isCalm = true;
            var (good, bad) = (new Desk(schedule), new Desk(schedule) { Fails = true });
            AccessTokenCache? cache = null;
            var (under, notBefore) = (0, DateTimeOffset.MinValue);
            cache = new AccessTokenCache(
                "wx1",
                new AccessTokenOptions(),
                async (forced, _) =>
                {
                    schedule.Demand(++under == 1, "Two token calls at once.");
                    schedule.Demand(schedule.Time.GetUtcNow() >= notBefore, "It asks again before its pause is over.");
                    try
                    {
                        return await (isCalm ? good : bad).CallAsync(forced);
                    }
                    catch (WeChatApiException)
                    {
                        notBefore = schedule.Time.GetUtcNow() + TimeSpan.FromSeconds(30);
                        throw;
                    }
                    finally
                    {
                        under--;
                    }
                },
                store,
                schedule.Time,
                NullLogger.Instance);
            var first = await cache.GetAsync(CancellationToken.None);
            isCalm = false;
            await Task.Delay(first.ExpiresAt - TimeSpan.FromMinutes(3) + TimeSpan.FromSeconds(1) - schedule.Time.GetUtcNow(), schedule.Time);
            await Task.WhenAll(Enumerable.Range(0, 4).Select(number => schedule.Start(async () =>
            {
                for (var i = 0; i < 2; i++)
                {
                    var asked = schedule.Time.GetUtcNow();
                    var token = cache.GetAsync(CancellationToken.None);

                    // While the old one lives, nobody waits.
                    Assert.True(token.IsCompletedSuccessfully);
                    Assert.True((await token).ExpiresAt > asked);
                    await Task.Delay(TimeSpan.FromSeconds(10 * (1 + number)), schedule.Time);
                }
            })));
        }
    }

    /// <summary>One process dies at some call of the store, and for the other the store fails and hangs.</summary>
    private sealed class DeadHolder : IScenario
    {
        public async Task RunAsync(Schedule schedule)
        {
            var shared = new InMemoryAccessTokenStore(schedule.Time);
            var (dying, failing) = (new Store(schedule, shared), new Store(schedule, shared) { Fails = true });
            var desk = new Desk(schedule);
            var (dead, alive) = (new Process(schedule, desk, dying), new Process(schedule, desk, failing));
            _ = schedule.Start(() => dead.GetAsync(CancellationToken.None));
            var dies = schedule.Start(async () =>
            {
                for (var steps = schedule.Choose(8); steps > 0; steps--)
                {
                    await schedule.StepAsync();
                }

                dying.IsDead = dead.IsDead = true;
            });
            await Task.WhenAll(Enumerable.Range(0, 3).Select(number => schedule.Start(async () =>
            {
                var began = schedule.Time.GetTimestamp();
                var token = await alive.GetAsync(CancellationToken.None);
                Assert.False(desk.Refuses(token));

                // Half the time for the dead one's lease, and the time limit of a store that hangs for each call of it.
                Assert.True(schedule.Time.GetElapsedTime(began) < TimeSpan.FromSeconds(30));
            })));
            await dies;
        }
    }
}
