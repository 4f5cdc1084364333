using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using WeChat.UnionPush.Sqlite;
using WeChat.UnionPush.Testing;
using WeChat.UnionPush.Tests.Callbacks;
using WeChat.UnionPush.Tests.Stores;

namespace WeChat.UnionPush.Tests.Push;

/// <summary>
/// Two hosts on one store, whose clocks step by up to a minute either way, live through everything at once: more pushes than the pace, callers who
/// give up, follower lists that glitch, erasures while a sync is on its way, a restart, lost answers, events that come late and twice.
/// </summary>
public sealed class TroubledTownTests(PostgreSqlServer postgreSql, MariaDbServer mariaDb)
{
    private const int Rounds = 12;

    private static readonly string[] Kinds = ["memory", "SQLite", "PostgreSQL", "MariaDB"];

    /// <summary>A few seeds and each store at every build; twenty on each store in a full run.</summary>
    public static TheoryData<int, string> Lives => Runs.IsFull
        ? [.. Runs.Seeds(4, 20).SelectMany(static _ => Kinds, static (seed, store) => new TheoryDataRow<int, string>(seed, store))]
        : [.. Runs.Seeds(4, 20).Select(static seed => new TheoryDataRow<int, string>(seed, Kinds[seed % Kinds.Length]))];

    [Theory]
    [MemberData(nameof(Lives))]
    public async Task In_the_end_the_repository_is_true_nobody_erased_is_back_and_every_push_is_accounted_for(int seed, string store)
    {
        await using var town = new Town(seed: seed);
        using var folder = new TemporaryFolder();
        switch (store)
        {
            case "memory":
                var memory = new Stores(new InMemoryUnionIdRepository(town.Time), new InMemoryWeChatEventInbox(town.Time));
                await LiveAsync(town, seed, memory, memory);
                break;
            case "SQLite":
                var connection = $"Data Source={folder["town.db"]}";
                await using (var here = new SqliteUnionPushStorage(connection, town.Time))
                await using (var there = new SqliteUnionPushStorage(connection, town.Time))
                {
                    await LiveAsync(town, seed, new(here.Identities, here.EventInbox), new(there.Identities, there.EventInbox));
                }

                break;
            default:
                IStores server = store == "MariaDB" ? mariaDb : postgreSql;
                await using (var data = await server.CreateAsync())
                {
                    var (here, there) = (data.Open(town.Time), data.Open(town.Time));
                    await LiveAsync(town, seed, new(here.Identities, here.EventInbox), new(there.Identities, there.EventInbox));
                }

                break;
        }
    }

    private static async Task LiveAsync(Town town, int seed, Stores one, Stores other)
    {
        var inbox = new WatchedInbox(one.Inbox, other.Inbox);
        var life = new Life(town, inbox, seed);
        await using var there = await StartAsync(other, life.ClockThere);
        var here = await StartAsync(one, life.ClockHere);
        life.Hosts = [here, there];
        await life.BeginAsync();
        for (var round = 0; round < Rounds; round++)
        {
            await life.LiveARoundAsync();
            if (round == Rounds / 2)
            {
                life.Hosts = [there];
                await life.QuietAsync();
                await here.DisposeAsync();
                here = await StartAsync(one, life.ClockHere);
                life.Hosts = [here, there];
            }
        }

        await life.EndAsync();
        await life.ProveAsync(one.Repository);
        await here.DisposeAsync();

        Task<CallbackHost> StartAsync(Stores stores, SteppingClock clock) => CallbackHost.StartAsync(
            town,
            options => options.HandlerTimeout = TimeSpan.FromHours(1),
            builder =>
            {
                builder.UseRepository(_ => stores.Repository);
                builder.Services.Replace(ServiceDescriptor.Singleton<TimeProvider>(clock));
            },
            inbox,
            services => services.PostConfigure<WeChatUnionPushOptions>(options => options.TemplateMessages.MaxPerSecond = 5));
    }

    private sealed record Stores(IUnionIdRepository Repository, IWeChatEventInbox Inbox);

    /// <summary>A machine's clock that is set forward and back; what lasts a while lasts as long as it does elsewhere.</summary>
    private sealed class SteppingClock(TimeProvider clock) : TimeProvider
    {
        private long _offset;

        public TimeSpan Offset
        {
            get => TimeSpan.FromTicks(Interlocked.Read(ref _offset));
            set => Interlocked.Exchange(ref _offset, value.Ticks);
        }

        public override long TimestampFrequency => clock.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => clock.GetUtcNow() + Offset;

        public override long GetTimestamp() => clock.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => clock.CreateTimer(callback, state, dueTime, period);
    }

    private sealed class Life
    {
        // Longer than both clocks are apart and than an event is late, so that what came first is beyond doubt.
        private static readonly TimeSpan Calm = TimeSpan.FromMinutes(6);

        private readonly Town _town;
        private readonly WatchedInbox _inbox;
        private readonly Random _random;
        private readonly Dictionary<SimulatedPerson, DateTimeOffset> _lastActed = [];
        private readonly HashSet<SimulatedPerson> _erased = [];
        private readonly ConcurrentDictionary<string, string> _outcomes = new(StringComparer.Ordinal);
        private readonly List<Task> _pushes = [];
        private int _made;
        private int _posted;

        public Life(Town town, WatchedInbox inbox, int seed)
        {
            (_town, _inbox, _random) = (town, inbox, new Random(seed));
            ClockHere = new SteppingClock(town.Time);
            ClockThere = new SteppingClock(town.Time);
            People = [.. town.Platform.AddPeople(150)];
            town.Account.Callback = new SimulatedCallback(PlatformPush.Token, ReceiveAsync)
            {
                Mode = SimulatedCallbackMode.Safe,
                EncodingAesKey = PlatformPush.Key,
                DuplicateProbability = 0.3,
                Delay = (TimeSpan.Zero, TimeSpan.FromMinutes(2)),
            };
        }

        public SteppingClock ClockHere { get; }

        public SteppingClock ClockThere { get; }

        public SimulatedPerson[] People { get; }

        public CallbackHost[] Hosts { get; set; } = [];

        public async Task BeginAsync()
        {
            foreach (var person in People)
            {
                await Hosts[0].Push.SignInAsync(person.CreateLoginCode(_town.MiniProgram));
                if (_random.Next(4) > 0)
                {
                    person.Follow(_town.Account);
                }

                _lastActed[person] = _town.Time.GetUtcNow();
            }

            await Hosts[0].Push.SyncFollowersAsync();
            await MoveAsync(Calm);

            var faults = _town.Platform.Faults;
            faults.Add(SimulatedFault.Body(static _ => Encoding.UTF8.GetBytes("""{"total":0,"count":0,"next_openid":""}""")).On("/cgi-bin/user/get").WithProbability(0.3));
            faults.Add(SimulatedFault.Body(CutList).On("/cgi-bin/user/get").WithProbability(0.3));
            faults.Add(SimulatedFault.Busy().On("/cgi-bin/message/template/send").WithProbability(0.1));
            faults.Add(SimulatedFault.ConnectionReset().AfterProcessing().On("/cgi-bin/message/template/send").WithProbability(0.1));
            faults.Add(SimulatedFault.Gateway().On("/cgi-bin/message/template/send").WithProbability(0.05));
        }

        public async Task LiveARoundAsync()
        {
            ClockHere.Offset = TimeSpan.FromSeconds(_random.Next(-60, 61));
            ClockThere.Offset = TimeSpan.FromSeconds(_random.Next(-60, 61));
            PushTooMuch();
            await ActAsync();
            await SyncWhileSomebodyIsErasedAsync();
            await MoveAsync(Calm);
        }

        /// <summary>Lets all that is on its way come to its end, on clocks that are right, and looks once more at who follows.</summary>
        public async Task EndAsync()
        {
            _town.Platform.Faults.Clear();
            (ClockHere.Offset, ClockThere.Offset) = (default, default);
            await MoveAsync(Calm);
            await Task.WhenAll(_pushes).WaitAsync(Runs.Patience);
            await QuietAsync();
            await _inbox.WaitUntilEmptyAsync(_town.Time);

            // A walk that finds many gone must be borne out by a second one.
            for (var walk = 0; walk < 3; walk++)
            {
                _town.Time.Advance(Calm);
                await Hosts[walk % 2].Push.SyncFollowersAsync(full: true).WaitAsync(Runs.Patience);
            }
        }

        public async Task ProveAsync(IUnionIdRepository repository)
        {
            foreach (var person in People)
            {
                var stored = (await repository.FindAsync(Town.OfficialAccountAppId, [person.OpenIdIn(_town.Account)])).SingleOrDefault();
                var signedIn = (await repository.FindAsync(Town.MiniProgramAppId, [person.OpenIdIn(_town.MiniProgram)])).SingleOrDefault();
                if (_erased.Contains(person))
                {
                    Assert.True(
                        stored is null && signedIn is null,
                        $"{person} was erased and is back: {stored} {stored?.FollowState} since {stored?.FollowChangedAt:O} {signedIn}");
                    continue;
                }

                var truth = person.IsFollowing(_town.Account) ? FollowState.Following : FollowState.NotFollowing;
                Assert.True(truth == (stored?.FollowState ?? FollowState.NotFollowing), $"{person} is {truth}, and the repository says {stored?.FollowState}");
                if (truth == FollowState.Following)
                {
                    Assert.Equal(person.UnionIdUnder(Town.OpenPlatform), stored!.UnionId);
                }
            }

            Assert.InRange(_erased.Count, 3, Rounds);
            var delivered = _town.Account.Messages.CountBy(message => message.Values["thing1"]).ToDictionary(StringComparer.Ordinal);
            Assert.Equal(_made, _outcomes.Count);
            foreach (var (name, outcome) in _outcomes)
            {
                var times = delivered.GetValueOrDefault(name);
                Assert.True(
                    outcome switch
                    {
                        "sent" => times == 1,
                        _ when outcome.StartsWith("not sent", StringComparison.Ordinal) => times == 0,
                        _ => times <= 1,
                    },
                    $"{name} ended as {outcome} and was delivered {times} times");
            }

            Assert.All(delivered.Keys, name => Assert.True(_outcomes.ContainsKey(name)));
            var counts = _outcomes.Values.CountBy(outcome => outcome.Split(':')[0]).ToDictionary();
            TestContext.Current.TestOutputHelper?.WriteLine(string.Join(", ", counts.OrderBy(pair => pair.Key, StringComparer.Ordinal)));
            Assert.InRange(counts["sent"], 20, _made);
        }

        /// <summary>Waits until no event is on its way, and no handler at work.</summary>
        public async Task QuietAsync()
        {
            while (_town.Platform.Callbacks.Pending > 0)
            {
                await StepAsync();
            }

            await _inbox.WhenQuietAsync();
        }

        /// <summary>A second's load of ten times the pace, by callers who wait a second at the most.</summary>
        private void PushTooMuch()
        {
            foreach (var person in People.Where(person => _random.Next(3) == 0).ToArray())
            {
                var name = string.Create(CultureInfo.InvariantCulture, $"M{++_made}");
                _pushes.Add(PushAsync(Hosts[_random.Next(Hosts.Length)], person, name, TimeSpan.FromMilliseconds(_random.Next(50, 5_000))));
            }
        }

        private async Task PushAsync(CallbackHost host, SimulatedPerson person, string name, TimeSpan patience)
        {
            using var deadline = new CancellationTokenSource(patience, _town.Time);
            try
            {
                var message = TemplateMessage.Create(_town.Template.Id).Thing("thing1", name).Amount("amount2", 1).Time("time3", _town.Time.GetUtcNow()).Build();
                var result = await host.Push.PushAsync(person.OpenIdIn(_town.MiniProgram), message, deadline.Token);
                _outcomes[name] = result.Status switch { PushStatus.Sent => "sent", PushStatus.Unknown => "unknown", _ => $"not sent: {result.Status} {result.Reason}" };
            }
            catch (WeChatApiException exception)
            {
                _outcomes[name] = exception.OutcomeUnknown ? "unknown" : $"not sent: {exception.Message}";
            }
            catch (OperationCanceledException)
            {
                _outcomes[name] = "given up";
            }
            catch (UnionPushStoppingException)
            {
                // Its host is replaced, and it had only come as far as the repository.
                _outcomes[name] = "not sent: the host stops";
            }
        }

        private async Task ActAsync()
        {
            for (var i = 0; i < 12; i++)
            {
                var person = Somebody();
                if (person.IsFollowing(_town.Account))
                {
                    person.Unfollow(_town.Account);
                }
                else
                {
                    person.Follow(_town.Account);
                }

                _lastActed[person] = _town.Time.GetUtcNow();
                await StepAsync();
                person = Somebody();
                using var gone = new CancellationTokenSource();
                var signingIn = Hosts[_random.Next(Hosts.Length)].Push.SignInAsync(
                    person.CreateLoginCode(_town.MiniProgram),
                    _random.Next(3) == 0 ? new EncryptedOpenData("undefined", "undefined") : null,
                    gone.Token);
                if (_random.Next(3) == 0)
                {
                    await gone.CancelAsync();
                }

                try
                {
                    await signingIn.WaitAsync(Runs.Patience);
                }
                catch (Exception exception) when (exception is OperationCanceledException or OpenDataException or ArgumentException)
                {
                    // The caller or the client is at fault, and the user is saved all the same or was never asked for.
                }
            }
        }

        private async Task SyncWhileSomebodyIsErasedAsync()
        {
            using var gate = _town.Platform.Hold("/cgi-bin/user/info/batchget", afterwards: true);
            var sync = Hosts[0].Push.SyncFollowersAsync(full: true);
            await Task.WhenAny(gate.WaitForCallsAsync(1), sync).WaitAsync(Runs.Patience);
            var gone = People.FirstOrDefault(person => !_erased.Contains(person) && _town.Time.GetUtcNow() - _lastActed[person] > Calm && _random.Next(10) == 0);
            if (gone is not null)
            {
                await Hosts[^1].Push.EraseAsync(gone.OpenIdIn(_town.MiniProgram)).WaitAsync(Runs.Patience);
                _erased.Add(gone);
            }

            gate.Open();
            try
            {
                await sync.WaitAsync(Runs.Patience);
            }
            catch (WeChatApiException)
            {
                // The next one goes on.
            }
        }

        /// <summary>Somebody who was not erased: those stay away for the rest of the test.</summary>
        private SimulatedPerson Somebody()
        {
            while (true)
            {
                if (People[_random.Next(People.Length)] is var person && !_erased.Contains(person))
                {
                    return person;
                }
            }
        }

        private async Task MoveAsync(TimeSpan by)
        {
            var end = _town.Time.GetUtcNow() + by;
            while (_town.Time.GetUtcNow() < end)
            {
                await StepAsync();
            }
        }

        private async Task StepAsync()
        {
            await _inbox.WhenQuietAsync();
            _town.Time.Advance(TimeSpan.FromMilliseconds(_random.Next(200, 2_000)));
            await _town.Platform.Callbacks.WhenIdleAsync().WaitAsync(Runs.Patience);
            for (var i = 0; i < 20; i++)
            {
                await Task.Yield();
            }
        }

        /// <summary>A list that breaks off at nine of ten, and counts what it should have held.</summary>
        private static byte[] CutList(byte[] body)
        {
            var text = Encoding.UTF8.GetString(body);
            var (start, end) = (text.IndexOf('[', StringComparison.Ordinal), text.IndexOf(']', StringComparison.Ordinal));
            if (start < 0)
            {
                return body;
            }

            var openIds = text[(start + 1)..end].Split(',');
            var kept = openIds[..(openIds.Length * 9 / 10)];
            return Encoding.UTF8.GetBytes($"{text[..(start + 1)]}{string.Join(',', kept)}{text[end..]}");
        }

        private async Task<(int Status, string Body)> ReceiveAsync(string text, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
        {
            var query = PlatformPush.QueryOf(text);
            var hosts = Hosts;
            var status = await hosts[Interlocked.Increment(ref _posted) % hosts.Length].PostAsync(query, body.ToArray());
            return ((int)status, "");
        }
    }
}
