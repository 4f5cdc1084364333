using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using QuickStart.WeChatTemplates;
using WeChat.UnionPush;
using WeChat.UnionPush.Storage;
using WeChat.UnionPush.Templates;

namespace QuickStart;

/// <summary>The steps of the flow, the same on the simulated and on the real platform.</summary>
internal sealed class Flow(IServiceProvider services, CallCounter calls)
{
    private readonly IUnionPush _push = services.GetRequiredService<IUnionPush>();
    private readonly string _miniProgramAppId = services.GetRequiredService<IOptions<WeChatUnionPushOptions>>().Value.MiniProgram.AppId;
    private readonly List<string> _signedIn = [];
    private readonly ConcurrentDictionary<string, bool> _unreached = new(StringComparer.Ordinal);
    private FollowerSyncReport? _report;

    /// <summary>Whether everything went as a first run should: on the real platform, every push that was asked for was sent.</summary>
    public bool Succeeded { get; private set; } = true;

    public async Task FetchTokenAsync(CancellationToken cancellationToken)
    {
        var options = services.GetRequiredService<IOptions<WeChatUnionPushOptions>>().Value;
        var token = await services.GetRequiredService<IAccessTokenProvider>().GetAsync(options.OfficialAccount.AppId, cancellationToken);
        Say("Access token", $"good until {token.ExpiresAt.ToLocalTime():HH:mm:ss}");
    }

    public async Task SyncAsync(CancellationToken cancellationToken)
    {
        // A run that was killed has the right to sync until its lease ends, and this one goes on from its cursor.
        var waitUntil = DateTime.UtcNow.AddMinutes(2);
        FollowerSyncReport report;
        while ((report = await SyncOnceAsync(cancellationToken)).Outcome == FollowerSyncOutcome.AlreadyRunning)
        {
            if (DateTime.UtcNow > waitUntil)
            {
                throw new InvalidOperationException("another process is syncing this account; try again when it is done.");
            }

            Screen.Say("Followers", "another run is syncing, or was killed a moment ago; waiting until its lease ends …");
            await Task.Delay(TimeSpan.FromSeconds(3), cancellationToken);
        }

        _report = report;
        Say("Followers", $"{report.Listed:N0} listed{(report.Resumed ? " since the run before was stopped" : "")}, details of {report.Detailed:N0} fetched "
            + $"({report.Linked:N0} with a UnionID) in {report.DetailCalls:N0} calls, {report.Left:N0} left, in {report.Duration.TotalSeconds:N1} s");
    }

    public async Task SignInAsync(IReadOnlyList<string> loginCodes, CancellationToken cancellationToken)
    {
        var linked = 0;
        var signedIn = new ConcurrentBag<string>();
        await Screen.WithBarAsync("Sign-in", async bar =>
        {
            await Parallel.ForEachAsync(loginCodes, new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = cancellationToken }, async (code, stop) =>
            {
                var user = await _push.SignInAsync(code, cancellationToken: stop);
                signedIn.Add(user.OpenId);
                if (user.UnionId is not null)
                {
                    Interlocked.Increment(ref linked);
                }

                bar(signedIn.Count, loginCodes.Count);
            });
            return 0;
        });
        _signedIn.AddRange(signedIn);
        Say("Sign-in", $"{signedIn.Count:N0} Mini Program users, {linked:N0} with a UnionID");
    }

    public async Task PushToAllAsync(CancellationToken cancellationToken)
    {
        var outcomes = new ConcurrentDictionary<PushStatus, int>();
        var done = 0;
        var watch = Stopwatch.StartNew();
        await Screen.WithBarAsync("Push", async bar =>
        {
            await Parallel.ForEachAsync(_signedIn, new ParallelOptions { MaxDegreeOfParallelism = 32, CancellationToken = cancellationToken }, async (openId, stop) =>
            {
                var result = await _push.PushAsync(
                    openId,
                    Order(Interlocked.Increment(ref done)),
                    stop);
                outcomes.AddOrUpdate(result.Status, 1, static (_, count) => count + 1);
                if (!result.IsSent)
                {
                    _unreached[openId] = true;
                }

                bar(done, _signedIn.Count);
            });
            return 0;
        });
        Say("Push", $"{_signedIn.Count:N0} pushes in {watch.Elapsed.TotalSeconds:N1} s");

        var rows = outcomes.OrderBy(outcome => outcome.Key).Select(outcome => (string[])[outcome.Key.ToString(), $"{outcome.Value:N0}", Meaning(outcome.Key)]);
        Screen.Table(["Outcome", "Users", "Meaning"], rows.Append(["Total", $"{outcomes.Values.Sum():N0}", ""]));
        Succeeded &= outcomes.Values.Sum() == _signedIn.Count;
    }

    /// <summary>The same news over further channels: who allowed a subscribe message, left a telephone number, or follows by a QR code.</summary>
    public async Task ReachTheOthersAsync(SimulatedTown town, CancellationToken cancellationToken)
    {
        var consents = services.GetRequiredService<ISubscribeConsents>();
        var answer = new Dictionary<string, string> { [town.SubscriptionTemplateId] = "accept" };
        foreach (var openId in town.TapSome(_unreached.Keys.ToHashSet(StringComparer.Ordinal)))
        {
            await consents.ReportAsync(openId, answer, cancellationToken: cancellationToken);
        }

        foreach (var openId in _signedIn.Where(static (_, number) => number % 10 == 0))
        {
            TextMessages.Keep(openId);
        }

        var message = OrderBuilder(1)
            .ForSubscribe(SubscribeMessage.Create(town.SubscriptionTemplateId).Thing("thing1", "云南小粒咖啡 ☕ 两袋").Amount("amount2", 39.80m).Build())
            .Build();
        var forecast = await _push.GetReachAsync(message, cancellationToken);
        var reached = new ConcurrentDictionary<PushChannel, int>();
        var left = new ConcurrentDictionary<string, bool>(StringComparer.Ordinal);
        await Parallel.ForEachAsync(_unreached.Keys, new ParallelOptions { MaxDegreeOfParallelism = 32, CancellationToken = cancellationToken }, async (openId, stop) =>
        {
            if (await _push.PushAsync(openId, message, stop) is { IsSent: true, Channel: var channel })
            {
                reached.AddOrUpdate(channel, 1, static (_, count) => count + 1);
            }
            else
            {
                left[openId] = true;
            }
        });
        var byCode = await WinOverAsync(town, left.Keys.ToHashSet(StringComparer.Ordinal), cancellationToken);
        Say("Reach", $"who got the news, channel by channel (the ledger of consents knew of {forecast.SubscribeMessage:N0} subscribe messages):");
        (string Channel, int Users, string Why)[] rows =
        [
            ("Template message", _signedIn.Count - _unreached.Count, "follow the Official Account"),
            ("Subscribe message", reached.GetValueOrDefault(PushChannel.SubscribeMessage), "tapped \"allow\" in the Mini Program"),
            ("SMS", reached.GetValueOrDefault(PushChannel.Fallback), "left a telephone number: your own IReachFallback"),
            ("QR code", byCode, "scanned a code (IFollowLinks), follow now, and got the template message that was held for them"),
            ("None", left.Count - byCode, "are left to win over"),
        ];
        var total = rows.Sum(static row => row.Users);
        Screen.Table(["Channel", "Users", "Those who"], rows.Select(row => (string[])[row.Channel, $"{row.Users:N0}", row.Why]).Append(["Total", $"{total:N0}", ""]));
        Succeeded &= rows.All(static row => row.Users > 0) && total == _signedIn.Count;
    }

    /// <summary>Shows some of those who are left a code each, and holds the news until they follow by it.</summary>
    /// <returns>How many got it.</returns>
    private async Task<int> WinOverAsync(SimulatedTown town, HashSet<string> openIds, CancellationToken cancellationToken)
    {
        var links = services.GetRequiredService<IFollowLinks>();
        var (before, held) = (town.Arrived, 0);
        foreach (var openId in town.WhoWouldScan(openIds))
        {
            var link = await links.CreateAsync(openId, cancellationToken);
            var result = await _push.HoldUntilLinkedAsync(openId, Order(1), TimeSpan.FromHours(1), cancellationToken);
            held += result.Status == PushStatus.Held ? 1 : 0;
            town.Scan(openId, link.Url);
        }

        await town.Platform.Callbacks.SettleAsync(cancellationToken);
        for (var wait = 0; town.Arrived - before < held && wait < 300; wait++)
        {
            // The events are stored. They are handled in the background, and the held messages go out there.
            await Task.Delay(TimeSpan.FromMilliseconds(100), cancellationToken);
        }

        return (int)(town.Arrived - before);
    }

    /// <summary>One person from openid to openid to message, by the parts that a push puts together.</summary>
    public async Task FollowOneAsync(CancellationToken cancellationToken)
    {
        var repository = services.GetRequiredService<IUnionIdRepository>();
        var officialAccountAppId = services.GetRequiredService<IOptions<WeChatUnionPushOptions>>().Value.OfficialAccount.AppId;
        var links = await repository.ResolveAsync(_miniProgramAppId, _signedIn, officialAccountAppId, cancellationToken);
        if (links.FirstOrDefault(static link => link.Target is { FollowState: FollowState.Following }) is not { Target: { } follower } one)
        {
            return;
        }

        var result = await _push.PushAsync(one.Source.OpenId, Order(1), cancellationToken);
        Screen.Say("One person", $"openid in the Mini Program      {one.Source.OpenId}");
        Screen.Say("", $"UnionID, the same in both apps  {one.Source.UnionId}");
        Screen.Say("", $"openid in the Official Account  {follower.OpenId}");
        Say("", $"message id                      {result.MessageId} ({result.Status})");
    }

    /// <summary>What the run shows: details are asked for once, and never again.</summary>
    public void DrawMoral()
    {
        if (_report is { } report)
        {
            Screen.Say("Moral", report.DetailCalls > 0
                ? $"{report.DetailCalls:N0} calls for details this time, for a hundred followers each. Run it again: the file knows them, so it will be none."
                : $"No call for details: the file knows everybody from the run before. {report.PageCalls:N0} list calls a day keep {report.Listed:N0} followers true.");
        }
    }

    /// <summary>Shows that problems of a message are found before anything is sent.</summary>
    public async Task ShowChecksAsync(CancellationToken cancellationToken)
    {
        var order = new 订单支付成功通知
        {
            订单编号 = "订单20261122001",
            商品名称 = "云南保山小粒咖啡豆中度烘焙一公斤家庭装附赠手冲滤杯",
            支付金额 = 39.80m,
            支付时间 = DateTimeOffset.UtcNow,
        };
        foreach (var openId in _signedIn)
        {
            try
            {
                // For unreachable people a push returns a result. The first reachable person makes the mistakes visible.
                await _push.PushAsync(openId, order.ToMessage(), cancellationToken);
            }
            catch (TemplateMessageException exception)
            {
                Say("Check", $"a message with {exception.Problems.Count} mistakes is not sent:");
                foreach (var problem in exception.Problems)
                {
                    Screen.Say("", $"{problem.Key}: {problem.Message}{(problem.Suggestion is null ? "" : $" Would fit: {problem.Suggestion}")}");
                }

                break;
            }
        }

        // The number must be right, but a long name may be cut.
        var trimmed = (order with { 订单编号 = "20261122001" }).ToBuilder().WhenValuesDoNotFit(TemplateValuePolicy.Trim).Build();
        var template = await services.GetRequiredService<ITemplateCatalog>().FindAsync(trimmed.TemplateId, cancellationToken);
        Screen.Card("with the long name cut", trimmed.Preview(template));
    }

    public async Task PushToCodesAsync(IReadOnlyList<string> codes, string? templateId, IReadOnlyList<string> data, CancellationToken cancellationToken)
    {
        foreach (var code in codes)
        {
            var user = await _push.SignInAsync(code, cancellationToken: cancellationToken);
            Say("Sign-in", $"{user.OpenId}, {(user.UnionId is null ? "without a UnionID" : "with a UnionID")}");
            if (templateId is null)
            {
                continue;
            }

            PushResult result;
            try
            {
                result = await _push.PushAsync(user.OpenId, BuildMessage(templateId, data), cancellationToken);
            }
            catch (WeChatApiException exception) when (exception.ErrorCode == WeChatErrorCode.InvalidTemplateValue && data.Count == 0)
            {
                // Not a classic template, so the keys come from the account's own list.
                result = await _push.PushAsync(user.OpenId, await BuildSampleAsync(templateId, cancellationToken), cancellationToken);
            }

            Say("Push", result.IsSent ? $"sent, message id {result.MessageId}" : $"{result.Status}: {result.Reason}");
            Succeeded &= result.IsSent;
        }

        if (codes.Count == 0)
        {
            Screen.Line("Give --code (of wx.login, within five minutes) and --template to sign somebody in and push to them.");
        }
    }

    public async Task ShowCoverageAsync(CancellationToken cancellationToken)
    {
        var coverage = await _push.GetCoverageAsync(cancellationToken);
        Say("Coverage", $"of {coverage.Total:N0} Mini Program users {coverage.Reachable:N0} can be reached; {coverage.Unlinked:N0} have no UnionID, " +
            $"{coverage.NeverFollowed:N0} never followed, {coverage.Left:N0} left, {coverage.Refusing:N0} refuse messages");
    }

    private static TemplateMessage BuildMessage(string templateId, IReadOnlyList<string> data)
    {
        var message = TemplateMessage.Create(templateId);
        foreach (var field in data)
        {
            var at = field.IndexOf('=', StringComparison.Ordinal);
            message = at > 0
                ? message.Set(field[..at], field[(at + 1)..])
                : throw new ArgumentException($"--data {field}: give it as key=value.");
        }

        return data.Count > 0
            ? message.Build()
            : message
                .Set("first", "恭喜你购买成功!", "#173177")
                .Set("keyword1", "巧克力", "#173177")
                .Set("keyword2", "39.8元", "#173177")
                .Set("keyword3", "2014年9月22日", "#173177")
                .Set("remark", "欢迎再次购买!", "#173177")
                .Url("http://weixin.qq.com/download")
                .Build();
    }

    private async Task<TemplateMessage> BuildSampleAsync(string templateId, CancellationToken cancellationToken)
    {
        var template = await services.GetRequiredService<ITemplateCatalog>().FindAsync(templateId, cancellationToken)
            ?? throw new ArgumentException($"The account has no template {templateId}. Give its fields as --data key=value.");
        var message = TemplateMessage.Create(templateId);
        foreach (var key in template.Keys)
        {
            message = key.Type switch
            {
                TemplateParameterType.Time or TemplateParameterType.Date => message.Time(key.Name, DateTimeOffset.UtcNow),
                TemplateParameterType.Amount => message.Amount(key.Name, 39.80m),
                TemplateParameterType.Number or TemplateParameterType.CharacterString => message.Set(key.Name, "20261122001"),
                TemplateParameterType.PhoneNumber => message.Set(key.Name, "+86-0766-66888866"),
                TemplateParameterType.CarNumber => message.Set(key.Name, "粤A12345"),
                TemplateParameterType.Phrase => message.Set(key.Name, "已完成"),
                TemplateParameterType.Letter => message.Set(key.Name, "ABC"),
                TemplateParameterType.Symbol => message.Set(key.Name, "!"),
                _ => message.Set(key.Name, "张三"),
            };
        }

        return message.Build();
    }

    private TemplateMessage Order(int number) => OrderBuilder(number).Build();

    private TemplateMessageBuilder OrderBuilder(int number) => new 订单支付成功通知
    {
        订单编号 = $"{DateTime.UtcNow:yyyyMMdd}{number:D6}",
        商品名称 = "云南小粒咖啡 ☕ 两袋",
        支付金额 = 39.80m,
        支付时间 = DateTimeOffset.UtcNow,
    }.ToBuilder().OpenMiniProgram(_miniProgramAppId, "pages/order?id=42");

    private static string Meaning(PushStatus status) => status switch
    {
        PushStatus.Sent => "the platform accepted the message",
        PushStatus.NotLinked => "no UnionID, so no way from one openid to the other",
        PushStatus.NotFollowing => "never followed the Official Account, or left",
        PushStatus.Refused => "turned the Official Account's messages off",
        _ => "",
    };

    private Task<FollowerSyncReport> SyncOnceAsync(CancellationToken cancellationToken) => Screen.WithBarAsync("Followers", bar =>
        _push.SyncFollowersAsync(new Immediate<FollowerSyncProgress>(now => bar(now.Listed, now.Total)), cancellationToken: cancellationToken));

    private void Say(string step, string what) => Screen.Say(step, what, calls.Take());

    /// <summary>Reports synchronously on the caller's thread; <see cref="Progress{T}"/> would report later and out of order.</summary>
    private sealed class Immediate<T>(Action<T> report) : IProgress<T>
    {
        public void Report(T value) => report(value);
    }
}
