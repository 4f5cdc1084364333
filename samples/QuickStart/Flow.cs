using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using QuickStart.WeChatTemplates;
using Spectre.Console;
using WeChat.UnionPush;

namespace QuickStart;

/// <summary>The steps of the flow, the same on the simulated and on the real platform.</summary>
internal sealed class Flow(IServiceProvider services, CallCounter calls)
{
    private readonly IUnionPush _push = services.GetRequiredService<IUnionPush>();
    private readonly string _miniProgramAppId = services.GetRequiredService<IOptions<WeChatUnionPushOptions>>().Value.MiniProgram.AppId;
    private readonly List<string> _signedIn = [];

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
        var report = await WithBarAsync("Followers", (bar, cancellation) =>
            _push.SyncFollowersAsync(new Immediate<FollowerSyncProgress>(now => bar(now.Listed, now.Total)), cancellationToken: cancellation), cancellationToken);
        if (report.Outcome == FollowerSyncOutcome.AlreadyRunning)
        {
            Say("Followers", "another process is syncing this account (or died less than a minute ago); going on with what is stored");
            return;
        }

        Say("Followers", $"{report.Listed:N0} listed, details of {report.Detailed:N0} fetched ({report.Linked:N0} with a UnionID), {report.Left:N0} left, in {report.Duration.TotalSeconds:N1} s");
    }

    public async Task SignInAsync(IReadOnlyList<string> loginCodes, CancellationToken cancellationToken)
    {
        var linked = 0;
        var signedIn = new ConcurrentBag<string>();
        await WithBarAsync("Sign-in", async (bar, cancellation) =>
        {
            await Parallel.ForEachAsync(loginCodes, new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = cancellation }, async (code, stop) =>
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
        }, cancellationToken);
        _signedIn.AddRange(signedIn);
        Say("Sign-in", $"{signedIn.Count:N0} Mini Program users, {linked:N0} with a UnionID");
    }

    public async Task PushToAllAsync(CancellationToken cancellationToken)
    {
        var outcomes = new ConcurrentDictionary<PushStatus, int>();
        var done = 0;
        var watch = Stopwatch.StartNew();
        await WithBarAsync("Push", async (bar, cancellation) =>
        {
            await Parallel.ForEachAsync(_signedIn, new ParallelOptions { MaxDegreeOfParallelism = 32, CancellationToken = cancellation }, async (openId, stop) =>
            {
                var result = await _push.PushAsync(
                    openId,
                    new 订单支付成功通知
                    {
                        订单编号 = $"{DateTime.UtcNow:yyyyMMdd}{Interlocked.Increment(ref done):D6}",
                        商品名称 = "云南小粒咖啡 ☕ 两袋",
                        支付金额 = 39.80m,
                        支付时间 = DateTimeOffset.UtcNow,
                    }.ToBuilder().OpenMiniProgram(_miniProgramAppId, "pages/order?id=42").Build(),
                    stop);
                outcomes.AddOrUpdate(result.Status, 1, static (_, count) => count + 1);
                bar(done, _signedIn.Count);
            });
            return 0;
        }, cancellationToken);
        Say("Push", $"{_signedIn.Count:N0} pushes in {watch.Elapsed.TotalSeconds:N1} s");

        var table = new Table().AddColumn("Outcome").AddColumn(new TableColumn("Users").RightAligned()).AddColumn("Meaning");
        foreach (var (status, count) in outcomes.OrderBy(outcome => outcome.Key))
        {
            table.AddRow(status.ToString(), count.ToString("N0"), Meaning(status));
        }

        table.AddRow("[bold]Total[/]", $"[bold]{outcomes.Values.Sum():N0}[/]", "");
        AnsiConsole.Write(table);
        Succeeded &= outcomes.Values.Sum() == _signedIn.Count;
    }

    /// <summary>What is wrong with a message is known before anything is sent.</summary>
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
                // Who cannot be reached is a result; the first who can be brings the mistakes to light.
                await _push.PushAsync(openId, order.ToMessage(), cancellationToken);
            }
            catch (TemplateMessageException exception)
            {
                Say("Check", $"a message with {exception.Problems.Count} mistakes is not sent:");
                foreach (var problem in exception.Problems)
                {
                    AnsiConsole.MarkupLineInterpolated($"{"",-13} [yellow]{problem.Key}[/]: {problem.Message}{(problem.Suggestion is null ? "" : $" Would fit: {problem.Suggestion}")}");
                }

                break;
            }
        }

        // The number must be right, but a long name may be cut.
        var trimmed = (order with { 订单编号 = "20261122001" }).ToBuilder().WhenValuesDoNotFit(TemplateValuePolicy.Trim).Build();
        var template = await services.GetRequiredService<ITemplateCatalog>().FindAsync(trimmed.TemplateId, cancellationToken);
        AnsiConsole.Write(new Panel(Markup.Escape(trimmed.Preview(template))).Header("with the long name cut"));
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
                // Not a classic template: the account's own list tells its keys.
                result = await _push.PushAsync(user.OpenId, await BuildSampleAsync(templateId, cancellationToken), cancellationToken);
            }

            Say("Push", result.IsSent ? $"sent, message id {result.MessageId}" : $"{result.Status}: {result.Reason}");
            Succeeded &= result.IsSent;
        }

        if (codes.Count == 0)
        {
            AnsiConsole.MarkupLine("Give [blue]--code[/] (of wx.login, within five minutes) and [blue]--template[/] to sign somebody in and push to them.");
        }
    }

    public async Task ShowCoverageAsync(CancellationToken cancellationToken)
    {
        var coverage = await _push.GetCoverageAsync(cancellationToken);
        Say("Coverage", $"of {coverage.Total:N0} Mini Program users {coverage.Reachable:N0} can be reached; {coverage.Unlinked:N0} have no UnionID, {coverage.NeverFollowed:N0} never followed, {coverage.Left:N0} left, {coverage.Refusing:N0} refuse messages");
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

    private static string Meaning(PushStatus status) => status switch
    {
        PushStatus.Sent => "the platform accepted the message",
        PushStatus.NotLinked => "no UnionID, so no way from one openid to the other",
        PushStatus.NotFollowing => "never followed the Official Account, or left",
        PushStatus.Refused => "turned the Official Account's messages off",
        _ => "",
    };

    private static async Task<T> WithBarAsync<T>(string name, Func<Action<long, long>, CancellationToken, Task<T>> step, CancellationToken cancellationToken) =>
        await AnsiConsole.Progress().AutoClear(true).StartAsync(async context =>
        {
            var bar = context.AddTask(name);
            return await step(
                (done, total) =>
                {
                    bar.MaxValue = Math.Max(1, total);
                    bar.Value = done;
                },
                cancellationToken);
        });

    private void Say(string step, string what)
    {
        AnsiConsole.MarkupLineInterpolated($"[bold]{step,-13}[/] {what}");
        AnsiConsole.MarkupLineInterpolated($"{"",-13} [grey]{calls.Take()}[/]");
    }

    /// <summary>Reports at once on the caller's thread; <see cref="Progress{T}"/> would do so later, out of order.</summary>
    private sealed class Immediate<T>(Action<T> report) : IProgress<T>
    {
        public void Report(T value) => report(value);
    }
}
