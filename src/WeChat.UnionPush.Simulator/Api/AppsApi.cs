using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Simulator;

/// <summary>The apps: how they stand, their callbacks, tokens, quotas, templates and QR codes.</summary>
internal static class AppsApi
{
    public static async Task SwitchAsync(Request request)
    {
        var app = request.App();
        (await request.ReadAsync(SimulatorJson.Default.AppSwitches).ConfigureAwait(false)).Apply(app);
        await FinishAsync(request, app).ConfigureAwait(false);
    }

    public static async Task SetSecretAsync(Request request)
    {
        var app = request.App();
        var asked = await request.ReadAsync(SimulatorJson.Default.SecretRequest).ConfigureAwait(false);
        app.AppSecret = string.IsNullOrWhiteSpace(asked.AppSecret) ? throw new SimulatorException(400, "appSecret is empty.") : asked.AppSecret;
        request.Simulator.Journal.Changed("apps");
        request.NoContent();
    }

    public static async Task SetCallbackAsync(Request request)
    {
        var app = request.App();
        var callback = (await request.ReadAsync(SimulatorJson.Default.CallbackRequest).ConfigureAwait(false)).ToCallback(request.Simulator, app);

        // As the console does before it saves. It saves all the same here: the host may only be on its way up.
        bool verified;
        string? problem = null;
        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(request.Aborted);
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5), TimeProvider.System);
            using var stop = limit.Token.Register(patience.Cancel);
            verified = await request.Simulator.Platform.Callbacks.VerifyAsync(callback, patience.Token).ConfigureAwait(false);
            problem = verified ? null : "The answer was not HTTP 200 with the echostr as it was sent.";
        }
        catch (Exception failed) when (failed is HttpRequestException or OperationCanceledException && !request.Aborted.IsCancellationRequested)
        {
            (verified, problem) = (false, failed is OperationCanceledException ? "No answer within five seconds." : failed.Message);
        }

        app.Callback = callback;
        request.Simulator.Journal.Changed("apps");
        await request.WriteAsync(
            AppView.Of(request.Simulator, app) with
            {
                Callback = new CallbackView(callback.Address?.AbsoluteUri, callback.Mode, callback.UsesJson) { Verified = verified, Problem = problem },
            },
            SimulatorJson.Default.AppView).ConfigureAwait(false);
    }

    public static Task RemoveCallbackAsync(Request request)
    {
        var app = request.App();
        app.Callback = null;
        return FinishAsync(request, app);
    }

    public static async Task SpoilTokensAsync(Request request)
    {
        var tokens = request.App().AccessTokens;
        var asked = await request.ReadAsync(SimulatorJson.Default.TokenRequest).ConfigureAwait(false);
        switch (asked.Action)
        {
            case "replace":
                tokens.Replace();
                break;
            case "replaceWithOverlap":
                tokens.Replace(TimeSpan.FromMinutes(5));
                break;
            case "expire":
                tokens.Expire();
                break;
            case "refuse":
                tokens.RefuseCurrent(asked.Code is { } code and not 0 ? code : 40001);
                break;
            default:
                throw new SimulatorException(400, $"action is replace, replaceWithOverlap, expire or refuse, and not \"{asked.Action}\".");
        }

        request.NoContent();
    }

    public static Task GetQuotasAsync(Request request)
    {
        var quotas = request.App().Quotas;
        return request.WriteAsync<IReadOnlyList<QuotaView>>(
            [
                .. quotas.UsedPaths().Concat(quotas.ExportLimits().Select(static limit => limit.Path)).Append("/cgi-bin/message/template/send").Append("/cgi-bin/user/get")
                    .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)
                    .Select(path => new QuotaView(path, quotas.GetDailyLimit(path), quotas.GetUsedToday(path), quotas.GetMinuteLimit(path))),
            ],
            SimulatorJson.Default.IReadOnlyListQuotaView);
    }

    public static async Task SetQuotasAsync(Request request)
    {
        var app = request.App();
        foreach (var (path, quota) in await request.ReadAsync(SimulatorJson.Default.DictionaryStringQuotaRequest).ConfigureAwait(false))
        {
            quota.Apply(app, path);
        }

        request.Simulator.Journal.Changed("quotas");
        await GetQuotasAsync(request).ConfigureAwait(false);
    }

    public static Task ResetQuotasAsync(Request request)
    {
        request.App().Quotas.Reset();
        request.Simulator.Journal.Changed("quotas");
        return GetQuotasAsync(request);
    }

    public static Task AddTemplateAsync(Request request)
    {
        var account = request.App().OfficialAccount
            ?? throw new SimulatorException(409, "Only Official Accounts have message templates. A Mini Program has subscription templates.");
        return AddAsync(request, account.App, seed => account.AddTemplate(seed.Title, seed.Content, seed.Example ?? "", seed.Id));
    }

    public static Task AddSubscriptionTemplateAsync(Request request)
    {
        var app = request.App();
        return AddAsync(request, app, seed => app.Subscriptions.Add(seed.Title, seed.Content, seed.Example ?? "", seed.Id));
    }

    public static Task ListQrCodesAsync(Request request)
    {
        var now = request.Simulator.Platform.Now;
        return request.WriteAsync<IReadOnlyList<QrCodeView>>(
            [
                .. request.Simulator.Platform.Apps.Where(static app => app.OfficialAccount is not null)
                    .SelectMany(app => app.OfficialAccount!.QrCodes.Select(code => View(app, code, now)))
                    .OrderByDescending(static code => code.CreatedAt)
                    .Take(request.Limit(200, 10_000)),
            ],
            SimulatorJson.Default.IReadOnlyListQrCodeView);
    }

    public static async Task AddQrCodeAsync(Request request)
    {
        var app = request.App();
        var account = app.OfficialAccount ?? throw new SimulatorException(409, "Only Official Accounts have QR codes with a parameter.");
        var asked = await request.ReadAsync(SimulatorJson.Default.QrCodeRequest).ConfigureAwait(false);
        if (asked.Scene is not { Length: >= 1 and <= 64 } || asked.ExpireSeconds is < 1 or > 2_592_000)
        {
            throw new SimulatorException(400, "scene has 1 to 64 characters, and expireSeconds is 1 to 2,592,000.");
        }

        var now = request.Simulator.Platform.Now;
        var code = account.QrCodeBook.TryCreate(asked.Scene, asked.ExpireSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null, now)
            ?? throw new SimulatorException(409, "The account has as many permanent codes as it may.");
        request.Simulator.Journal.Changed("codes");
        await request.WriteAsync<IReadOnlyList<QrCodeView>>([View(app, code, now)], SimulatorJson.Default.IReadOnlyListQrCodeView, 201).ConfigureAwait(false);
    }

    private static async Task AddAsync(Request request, SimulatedApp app, Func<SeedTemplate, SimulatedTemplate> add)
    {
        var seed = await request.ReadAsync(SimulatorJson.Default.SeedTemplate).ConfigureAwait(false);
        try
        {
            seed.Finish(add(seed));
        }
        catch (ArgumentException misfit)
        {
            throw new SimulatorException(400, misfit.Message, misfit);
        }

        await FinishAsync(request, app).ConfigureAwait(false);
    }

    private static Task FinishAsync(Request request, SimulatedApp app)
    {
        request.Simulator.Journal.Changed("apps");
        return request.WriteAsync(AppView.Of(request.Simulator, app), SimulatorJson.Default.AppView);
    }

    private static QrCodeView View(SimulatedApp app, SimulatedQrCode code, DateTimeOffset now) =>
        new(app.AppId, code.Ticket, code.Scene, code.Url, code.CreatedAt, code.ExpiresAt, now >= code.ExpiresAt);
}
