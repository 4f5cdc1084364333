using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using WeChat.UnionPush.Testing;
using WeChat.UnionPush.Tests.Callbacks;

namespace WeChat.UnionPush.Tests.Push;

/// <summary>What happens in a town whose pushes go over all channels, what its hosts can know of it, and what must be true in the end.</summary>
internal sealed partial class ReachLife
{
    public const int Steps = 400;

    private const int PeopleCount = 18;

    private readonly Town _town;
    private readonly int _seed;
    private readonly Random _random;
    private readonly SimulatedPerson[] _people;
    private readonly SimulatedTemplate[] _subscriptions;
    private readonly SimulatedTemplate _notice;
    private readonly ReachKnowledge _known;
    private readonly List<(SimulatedPerson Owner, SimulatedQrCode Code)> _codes = [];
    private readonly ConcurrentDictionary<string, TownPush> _pushes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _acts = new(StringComparer.Ordinal);
    private readonly HashSet<SimulatedCustomerMessage> _serviceMessages = [];
    private int _step;
    private int _posted;

    public ReachLife(Town town, WatchedInbox inbox, int seed)
    {
        (_town, Inbox, _seed, _random) = (town, inbox, seed, new Random(seed));
        _people = [.. town.Platform.AddPeople(PeopleCount)];
        _subscriptions = [town.MiniProgram.AddSubscriptionTemplate("订单", "商品:{{thing1.DATA}}"), town.MiniProgram.AddSubscriptionTemplate("发货", "商品:{{thing1.DATA}}")];
        _notice = town.Account.AddSubscriptionTemplate("订单", "商品:{{thing1.DATA}}");
        _known = new ReachKnowledge(town);
        town.Account.RefusedMessages = RefusesLater ? SimulatedRefusal.ByEvent : SimulatedRefusal.AtSend;
        town.MiniProgram.WithholdsUnionIdFrom = IsWithheld;
        town.Account.Callback = Callback(PlatformPush.Token, PlatformPush.Key);
        town.MiniProgram.Callback = Callback("Other", PlatformPush.OtherKey, usesJson: seed % 3 == 0);
    }

    public WatchedInbox Inbox { get; }

    public CallbackHost[] Hosts { get; set; } = [];

    /// <summary>Whether the platform accepts what somebody refuses, and tells of it later.</summary>
    public bool RefusesLater => _seed % 2 == 0;

    private CallbackHost SomeHost => Hosts[_random.Next(Hosts.Length)];

    private SimulatedPerson Somebody => _people[_random.Next(_people.Length)];

    public HttpMessageHandler Watch(HttpMessageHandler platform) => new Watcher(this, platform);

    public async Task BeginAsync()
    {
        foreach (var person in _people)
        {
            await SomeHost.Push.SignInAsync(person.CreateLoginCode(_town.MiniProgram));
            if (_random.Next(3) == 0)
            {
                person.Follow(_town.Account);
            }
        }

        await Hosts[0].Push.SyncFollowersAsync();
        await PassAsync(TimeSpan.FromSeconds(5));

        // Of the recipient's reasons one that has nothing to do with credits: what was taken is given back.
        foreach (var path in new[] { "/cgi-bin/message/subscribe/send", "/cgi-bin/message/subscribe/bizsend" })
        {
            _town.Platform.Faults.Add(SimulatedFault.Error(43117).On(path).WithProbability(0.1));
            _town.Platform.Faults.Add(SimulatedFault.Error(47003).On(path).WithProbability(0.05));
        }

        _town.Platform.Faults.Add(SimulatedFault.Error(43117).On("/cgi-bin/message/template/send").WithProbability(0.1));
    }

    public async Task StepAsync(int step)
    {
        _step = step;
        if (_random.Next(3) == 0)
        {
            await Inbox.WhenQuietAsync();
        }

        _known.BeginStep();
        var person = Somebody;
        try
        {
            await ActAsync(person, _random.Next(100)).WaitAsync(Runs.Patience);
        }
        catch (TimeoutException)
        {
            Assert.Fail(Where($"what {person} did, or what was done to them, does not come to an end. {_known.TaleOf(person)}"));
        }

        // What one person does within a second has no order that an event could tell.
        await PassAsync(TimeSpan.FromMilliseconds(_random.Next(1_000, 6_000)));
        if (_random.Next(40) == 0)
        {
            await PassAsync(TimeSpan.FromMinutes(_random.Next(1, 13)));
        }
    }

    /// <summary>Stops a host while it pushes and events come, and starts another one in its place.</summary>
    public async Task ReplaceAsync(int which, Func<Task<CallbackHost>> startAsync)
    {
        var (old, stays) = (Hosts[which], Hosts[1 - which]);
        await CalmAsync();
        foreach (var person in _people.Where(_ => _random.Next(3) == 0))
        {
            person.AnswerSubscription(_town.MiniProgram, _subscriptions[0]);
        }

        var pushes = _people.Where(_ => _random.Next(3) == 0).ToList().ConvertAll(person =>
            CallAsync(NewPush(person, _random.Next(2) == 0, "while a host stops"), old, static (host, push) => host.Push.PushAsync(push.OpenId, push.Message)));
        Hosts = [stays];
        await LeaveAsync(old);
        await Task.WhenAll(pushes).WaitAsync(Runs.Patience);
        await PassAsync(TimeSpan.FromSeconds(_random.Next(1, 20)));
        var young = await startAsync();
        Hosts = which == 0 ? [young, stays] : [stays, young];
    }

    /// <summary>Stops hosts. A life that failed may leave work under way, whose end is waited for by a clock that nobody moves any more.</summary>
    public async Task LeaveAsync(params CallbackHost[] hosts)
    {
        var end = Task.WhenAll(hosts.Select(static host => host.DisposeAsync().AsTask()));
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!end.IsCompleted)
        {
            if (late.IsCancellationRequested)
            {
                _town.Time.Advance(TimeSpan.FromSeconds(1));
            }

            await Task.Yield();
        }

        await end;
    }

    /// <summary>Lets everything come to its end that is on its way.</summary>
    public async Task EndAsync()
    {
        _town.Platform.Faults.Clear();
        await PassAsync(TimeSpan.FromMinutes(5));
        await Inbox.WaitUntilEmptyAsync(_town.Time);
        await QuietAsync();
        Assert.Equal(0, _town.Platform.Callbacks.Pending);
    }

    public async Task ProveAsync(IUnionPushStorage storage)
    {
        Assert.Equal((0, 0L), (Inbox.Buried, _town.Platform.Callbacks.GivenUp));
        Assert.True(_known.InVain.IsEmpty, Where($"these calls should not have been made: {string.Join("; ", _known.InVain)}"));
        foreach (var person in _people)
        {
            foreach (var template in _subscriptions)
            {
                var ledger = await storage.Consents!.GetAsync(new ConsentKey(Town.MiniProgramAppId, person.OpenIdIn(_town.MiniProgram), template.Id));
                ProveCredits(person, template, person.SubscriptionsLeft(_town.MiniProgram, template), ledger);
            }

            var notices = await storage.Consents!.GetAsync(new ConsentKey(Town.OfficialAccountAppId, person.OpenIdIn(_town.Account), _notice.Id));
            ProveCredits(person, _notice, person.SubscriptionsLeft(_town.Account, _notice), notices);
        }

        var links = await ProveLinksAsync(storage.Reach!);
        var arrivals = Arrivals().ToLookup(static arrival => arrival.Name, static arrival => arrival.What, StringComparer.Ordinal);
        foreach (var push in _pushes.Values)
        {
            push.Prove([.. arrivals[push.Name]], RefusesLater, problem => Where($"{problem} {_known.TaleOf(push.Person)}"));
        }

        Assert.All(arrivals, arrival => Assert.True(_pushes.ContainsKey(arrival.Key), Where($"nobody pushed {arrival.Key}")));

        var sent = _pushes.Values.Where(static push => push.SentOn is not null).CountBy(static push => push.SentOn!.Value).OrderBy(static pair => pair.Key).ToList();
        TestContext.Current.TestOutputHelper?.WriteLine($"{_pushes.Count} pushes, sent: {string.Join(", ", sent)}; links: {links}; {_town.Platform.Callbacks.Duplicates} of "
            + $"{_town.Platform.Callbacks.Events} events twice; refused by the platform and not known before: {_known.Unforeseen}; acts: "
            + string.Join(", ", _acts.OrderBy(static pair => pair.Key, StringComparer.Ordinal)));

        // What nothing happened to proves nothing.
        Assert.True(sent.Count >= 3, Where($"pushes were sent on {sent.Count} channels only"));
        Assert.InRange(links, 2, PeopleCount);
        Assert.All(
            ["scan of a stranger", "scan of an expired code", "end of a consent", "own code scanned"],
            act => Assert.True(_acts.GetValueOrDefault(act) > 0, Where($"no {act}")));
    }

    private static bool IsWithheld(SimulatedPerson person) => person.Index % 3 == 0;

    private string Where(string what) => string.Create(CultureInfo.InvariantCulture, $"seed {_seed}, step {_step}: {what}");

    private void ProveCredits(SimulatedPerson person, SimulatedTemplate template, int truth, ConsentState ledger) => Assert.True(
        truth == ledger.Credits, Where($"{person} has {truth} credits of {template.Title} {template.Id}, and the ledger says {ledger.Credits}: {ledger}. {_known.TaleOf(person)}"));

    private async Task<int> ProveLinksAsync(IReachJournal journal)
    {
        var links = await journal.ListAsync(Town.MiniProgramAppId, "link:", null, 1_000);
        foreach (var (key, note) in links)
        {
            var (user, follower) = (_town.Platform.FindPerson(Town.MiniProgramAppId, key["link:".Length..]), _town.Platform.FindPerson(Town.OfficialAccountAppId, note.Value));
            Assert.True(user is not null && user.Equals(follower), Where($"{user} is linked with {follower}. {_known.TaleOf(user!)}"));
            var back = await journal.FindAsync(Town.MiniProgramAppId, ReachKeys.Linked(note.Value));
            Assert.True(back?.Value == user.OpenIdIn(_town.MiniProgram), Where($"the link of {user} does not lead back"));
        }

        var backs = await journal.ListAsync(Town.MiniProgramAppId, "linked:", null, 1_000);
        Assert.True(links.Count == backs.Count, Where($"{links.Count} users and {backs.Count} followers are linked"));
        return links.Count;
    }

    private async Task ActAsync(SimulatedPerson person, int die)
    {
        switch (die)
        {
            case < 22:
                await TapAsync(person);
                break;
            case < 27:
                await TurnOffAsync(person);
                break;
            case < 31 when _known.Refuses(person):
                Tell(person, "accepts again");
                _known.Accepts(person);
                person.AcceptMessages(_town.Account);
                break;
            case < 31 when person.IsFollowing(_town.Account):
                Tell(person, "refuses");
                _known.BeginsToRefuse(person);
                person.RefuseMessages(_town.Account);
                break;
            case < 39 when person.IsFollowing(_town.Account):
                Tell(person, "leaves");
                _known.Leaves(person);
                person.Unfollow(_town.Account);
                break;
            case < 39:
                Tell(person, "follows");
                _known.Accepts(person);
                person.Follow(_town.Account);
                break;
            case < 43 when person.IsFollowing(_town.Account):
                Tell(person, "writes");
                person.Write(_town.Account, "你好");
                break;
            case < 45:
                Tell(person, "signs in");
                await SomeHost.Push.SignInAsync(person.CreateLoginCode(_town.MiniProgram));
                break;
            case < 53:
                Tell(person, "asks for a code");
                var link = await SomeHost.Services.GetRequiredService<IFollowLinks>().CreateAsync(person.OpenIdIn(_town.MiniProgram));
                _codes.Add((person, _town.Account.QrCodes.Single(code => code.Url == link.Url)));
                break;
            case < 66 when _codes.Count > 0:
                Scan(die < 59);
                break;
            default:
                await PushAsync(person);
                break;
        }
    }

    private async Task TapAsync(SimulatedPerson person)
    {
        await CalmAsync();
        var accepts = _random.Next(6) > 0;
        if (_random.Next(4) == 0)
        {
            // Nobody but the events tells of taps for notices.
            Tell(person, $"taps {accepts} for a notice");
            person.AnswerSubscription(_town.Account, _notice, accepts);
            return;
        }

        var template = _subscriptions[_random.Next(_subscriptions.Length)];
        var isReported = _random.Next(3) > 0;
        Tell(person, $"taps {accepts} for {template.Title}", isReported ? "reported" : "not reported");
        person.AnswerSubscription(_town.MiniProgram, template, accepts);
        if (isReported)
        {
            await SomeHost.Services.GetRequiredService<ISubscribeConsents>().ReportAsync(
                person.OpenIdIn(_town.MiniProgram), new Dictionary<string, string> { [template.Id] = accepts ? "accept" : "reject" });
        }
    }

    private async Task TurnOffAsync(SimulatedPerson person)
    {
        await CalmAsync();
        var template = _random.Next(3) is var which && which < 2 ? _subscriptions[which] : _notice;
        Tell(person, "end of a consent", template.Title);
        _known.Ends(person, template.Id);
        if (template == _notice)
        {
            person.TurnOffSubscription(_town.Account, template);
        }
        else
        {
            person.TurnOffSubscription(_town.MiniProgram, template);
        }
    }

    /// <summary>Scans one of the last codes: the owner, or somebody whom a UnionID shows to be a stranger.</summary>
    private void Scan(bool isOwner)
    {
        var (owner, code) = _codes[_random.Next(Math.Max(0, _codes.Count - 6), _codes.Count)];
        var scanner = isOwner ? owner : Somebody;
        if (!isOwner && (scanner.Equals(owner) || (IsWithheld(scanner) && IsWithheld(owner))))
        {
            return;
        }

        if (!scanner.IsFollowing(_town.Account))
        {
            _known.Accepts(scanner);
        }

        if (_town.Time.GetUtcNow() >= code.ExpiresAt)
        {
            // As if the platform had let it pass.
            Tell(scanner, "scan of an expired code", $"of {owner}");
            Assert.False(scanner.Scan(_town.Account, code));
            scanner.Scan(_town.Account, code.Scene);
            return;
        }

        Tell(scanner, isOwner ? "own code scanned" : "scan of a stranger", $"of {owner}");
        for (var times = _random.Next(1, 3); times > 0; times--)
        {
            Assert.True(scanner.Scan(_town.Account, code));
        }
    }

    private async Task PushAsync(SimulatedPerson person)
    {
        // Again what was pushed before, as a caller does who does not know what became of it. The platform knows a plain push again for ten minutes.
        if (_random.Next(4) == 0 && _pushes.Values.Where(push => push.MayBeRepeated(_town.Time.GetUtcNow())).OrderBy(static push => push.Step).ToList() is { Count: > 0 } known)
        {
            var before = known[_random.Next(known.Count)];
            Tell(before.Person, "push again", before.Name);
            await CallAsync(before, SomeHost, before.Again!);
            return;
        }

        var both = Hosts;
        switch (_random.Next(6))
        {
            case 0:
                await CallAsync(NewPush(person, hasKey: false, "push"), SomeHost, static (host, push) => host.Push.PushAsync(push.OpenId, push.Message));
                break;
            case 1:
                await CallAllAsync(NewPush(person, hasKey: true, "push"), [SomeHost], static (host, push) => host.Push.PushAsync(push.OpenId, push.Message));
                break;
            case 2:
                await CallAllAsync(NewPush(person, hasKey: true, "push by both"), both, static (host, push) => host.Push.PushAsync(push.OpenId, push.Message));
                break;
            case 3:
                await CallAllAsync(NewPush(person, hasKey: true, TownPush.Once), both, static (host, push) => host.Push.PushOnceAsync(push.OpenId, push.Message));
                break;
            case 4:
                await CallAllAsync(
                    NewPush(person, hasKey: true, "push to a UnionID"), both,
                    static (host, push) => host.Push.PushToUnionIdAsync(push.Person.UnionIdUnder(Town.OpenPlatform), push.Message));
                break;
            default:
                await CallAsync(
                    NewPush(person, _random.Next(2) == 0, TownPush.Hold), SomeHost,
                    static (host, push) => host.Push.HoldUntilLinkedAsync(push.OpenId, push.Message, TimeSpan.FromDays(1)));
                break;
        }
    }

    private TownPush NewPush(SimulatedPerson person, bool hasKey, string kind)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"单{_pushes.Count + 1}号");
        Tell(person, kind, name);
        var message = TemplateMessage.Create(_town.Template.Id).Thing("thing1", name).Amount("amount2", 1).Time("time3", _town.Time.GetUtcNow())
            .ForSubscribe(SubscribeMessage.Create(_subscriptions[_random.Next(_subscriptions.Length)].Id).Thing("thing1", name).Build())
            .ForNotice(SubscribeMessage.Create(_notice.Id).Thing("thing1", name).Build())
            .ForCustomerService($"您的{name}已支付").CorrelationId(name);
        var push = new TownPush(name, person, kind, _step, person.OpenIdIn(_town.MiniProgram), (hasKey ? message.IdempotencyKey(name) : message).Build(), _town.Time.GetUtcNow());
        _pushes[name] = push;
        return push;
    }

    private Task CallAllAsync(TownPush push, CallbackHost[] hosts, Func<CallbackHost, TownPush, Task<PushResult>> call)
    {
        push.Again = call;
        return Task.WhenAll(hosts.Select(host => Task.Run(() => CallAsync(push, host, call)))).WaitAsync(Runs.Patience);
    }

    private async Task CallAsync(TownPush push, CallbackHost host, Func<CallbackHost, TownPush, Task<PushResult>> call)
    {
        var known = _known.Of(push.Person);
        push.Began(known);
        try
        {
            push.Ended(known, await call(host, push));
        }
        catch (Exception exception) when (exception is WeChatApiException { OutcomeUnknown: false } or UnionPushStoppingException or ObjectDisposedException)
        {
            push.Failed(known, exception);
        }
    }

    private void Tell(SimulatedPerson person, string act, string detail = "")
    {
        _acts[act] = _acts.GetValueOrDefault(act) + 1;
        _known.Tell(person, string.Create(CultureInfo.InvariantCulture, $"{_step} ({_town.Time.GetUtcNow():HH:mm:ss.fff}): {act} {detail}"));
    }

    /// <summary>Lets time pass, no more at once than a receiver has for its answer.</summary>
    private async Task PassAsync(TimeSpan time)
    {
        var end = _town.Time.GetUtcNow() + time;
        while (end - _town.Time.GetUtcNow() is var left && left > TimeSpan.Zero)
        {
            await QuietAsync();
            var isAll = _town.Platform.Callbacks.Pending == 0 && !Inbox.HasWaiting;
            _town.Time.Advance(isAll || left < TimeSpan.FromSeconds(2) ? left : TimeSpan.FromSeconds(2));
            await _town.Platform.Callbacks.WhenIdleAsync().WaitAsync(Runs.Patience);

            // The platform keeps the last ones only.
            _serviceMessages.UnionWith(_town.Account.CustomerMessages);
        }
    }

    /// <summary>Waits until nothing is at work: only then may the clock move without a time limit striking because a thread was slow.</summary>
    private async Task QuietAsync()
    {
        await Inbox.WhenQuietAsync();
        foreach (var host in Hosts)
        {
            var work = host.Services.GetRequiredService<WorkUnderWay>();
            await Runs.UntilAsync(() => work.IsIdle, "what a host began in the background is over");
        }

        _known.Settle();
    }

    /// <summary>
    /// Waits for a second in which nobody else does anything, and for its end. Events tell whole seconds, so that of two things in one second nobody can say
    /// which came first.
    /// </summary>
    private async Task CalmAsync()
    {
        for (var added = -1; added != Inbox.Added;)
        {
            await QuietAsync();
            added = Inbox.Added;
            var now = _town.Time.GetUtcNow();
            _town.Time.SetUtcNow(now.AddTicks(-(now.Ticks % TimeSpan.TicksPerSecond)) + TimeSpan.FromMilliseconds(1_999));
            await _town.Platform.Callbacks.WhenIdleAsync().WaitAsync(Runs.Patience);
            await QuietAsync();
        }
    }

    private SimulatedCallback Callback(string token, string key, bool usesJson = false) => new(token, async (text, body, _) =>
    {
        var hosts = Hosts;
        var status = await hosts[(uint)Interlocked.Increment(ref _posted) % hosts.Length].PostAsync(PlatformPush.QueryOf(text), body.ToArray());
        return ((int)status, "");
    })
    {
        Mode = SimulatedCallbackMode.Safe,
        EncodingAesKey = key,
        UsesJson = usesJson,
        DuplicateProbability = 0.3,
        ReorderProbability = 0.1,
        Delay = (TimeSpan.Zero, TimeSpan.FromMinutes(1)),
    };
}
