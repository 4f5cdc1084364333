using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Simulator;

/// <summary>People, and what they do.</summary>
internal static class PeopleApi
{
    private static readonly string[] Actions =
    [
        "enter", "follow", "leave", "refuse", "accept", "blacklist", "block-login", "subscribe", "scan", "write", "click", "customer-service", "event", "user-info",
    ];

    public static Task ListAsync(Request request)
    {
        var (people, total) = request.Simulator.People.Search(request.Query("q"), Math.Max(0, request.Number("offset") ?? 0), request.Limit(100, 1_000));
        return request.WriteAsync(new PeopleView(total, [.. people.Select(person => PersonView.Of(request.Simulator, person))]), SimulatorJson.Default.PeopleView);
    }

    public static async Task AddAsync(Request request)
    {
        var asked = await request.ReadAsync(SimulatorJson.Default.PersonRequest, mayBeMissing: true).ConfigureAwait(false);
        var person = request.Simulator.Platform.AddPerson();
        request.Simulator.People.Rename(person.Index, asked.Name);
        request.Simulator.Journal.Changed("people");
        await request.WriteAsync(PersonView.Of(request.Simulator, person.Index), SimulatorJson.Default.PersonView, 201).ConfigureAwait(false);
    }

    public static Task GetAsync(Request request) => request.WriteAsync(PersonView.Of(request.Simulator, request.Person().Index), SimulatorJson.Default.PersonView);

    public static async Task RenameAsync(Request request)
    {
        var asked = await request.ReadAsync(SimulatorJson.Default.PersonRequest).ConfigureAwait(false);
        var person = request.Person();
        request.Simulator.People.Rename(person.Index, asked.Name);
        request.Simulator.Journal.Changed("people");
        await request.WriteAsync(PersonView.Of(request.Simulator, person.Index), SimulatorJson.Default.PersonView).ConfigureAwait(false);
    }

    public static async Task ActAsync(Request request)
    {
        var name = (string)request.Context.Request.RouteValues["action"]!;
        if (!Actions.Contains(name, StringComparer.Ordinal))
        {
            throw new SimulatorException(404, $"Nobody can do \"{name}\". What people do: {string.Join(", ", Actions)}.");
        }

        var person = request.Person();
        var asked = await request.ReadAsync(SimulatorJson.Default.ActionRequest, mayBeMissing: true).ConfigureAwait(false);
        var journal = request.Simulator.Journal;
        string? code = null;
        string? notice = null;
        IReadOnlyList<CallbackEntry> callbacks;
        try
        {
            callbacks = await journal.WatchAsync(() => (code, notice) = Act(request.Simulator, person, name, asked), request.Aborted).ConfigureAwait(false);
        }
        catch (Exception impossible) when (impossible is InvalidOperationException or ArgumentException)
        {
            throw new SimulatorException(409, impossible.Message, impossible);
        }

        journal.Changed("people");
        await request.WriteAsync(new ActionView(PersonView.Of(request.Simulator, person.Index), code, notice, callbacks), SimulatorJson.Default.ActionView).ConfigureAwait(false);
    }

    private static (string? Code, string? Notice) Act(PlatformSimulator simulator, SimulatedPerson person, string name, ActionRequest asked)
    {
        var platform = simulator.Platform;
        switch (name)
        {
            case "enter":
                var entered = MiniProgram(platform, asked.App);
                simulator.Journal.Note(entered.AppId, person.Index, "entered", "");
                return (person.CreateLoginCode(entered), null);
            case "user-info":
                var info = person.GetUserInfo(MiniProgram(platform, asked.App));
                return (null, $"{{\"encryptedData\":\"{info.EncryptedData}\",\"iv\":\"{info.Iv}\"}}");
            case "follow":
                return Noting(simulator, person, Account(platform, asked.App), "followed", account =>
                {
                    var wasFollowing = person.IsFollowing(account);
                    person.Follow(account, asked.Scene ?? "ADD_SCENE_SEARCH");
                    return !wasFollowing;
                });
            case "leave":
                return Noting(simulator, person, Account(platform, asked.App), "left", account =>
                {
                    var wasFollowing = person.IsFollowing(account);
                    person.Unfollow(account);
                    return wasFollowing;
                });
            case "refuse":
                return Noting(simulator, person, Account(platform, asked.App), "refused", account =>
                {
                    ThrowIfStranger(person, account);
                    person.RefuseMessages(account);
                    return true;
                });
            case "accept":
                return Noting(simulator, person, Account(platform, asked.App), "accepted", account =>
                {
                    ThrowIfStranger(person, account);
                    person.AcceptMessages(account);
                    return true;
                });
            case "blacklist":
                person.SetBlacklisted(Account(platform, asked.App), asked.Listed ?? true);
                return default;
            case "block-login":
                person.SetLoginBlocked(MiniProgram(platform, asked.App), asked.Blocked ?? true);
                return default;
            case "subscribe":
                Subscribe(simulator, person, asked);
                return default;
            case "scan":
                return Scan(simulator, person, asked);
            case "write":
                Write(simulator, person, asked);
                return default;
            case "click":
                person.ClickMenu(Account(platform, asked.App), asked.Key ?? throw new SimulatorException(400, "A click needs the key of the menu's entry."));
                return default;
            case "customer-service":
                person.EnterCustomerService(MiniProgram(platform, asked.App));
                return default;
            default:
                Push(platform, person, asked);
                return default;
        }
    }

    private static (string? Code, string? Notice) Noting(
        PlatformSimulator simulator, SimulatedPerson person, SimulatedOfficialAccount account, string kind, Func<SimulatedOfficialAccount, bool> act)
    {
        if (!act(account))
        {
            return (null, "unchanged");
        }

        simulator.Journal.Note(account.AppId, person.Index, kind, "");
        return default;
    }

    private static void ThrowIfStranger(SimulatedPerson person, SimulatedOfficialAccount account)
    {
        if (!person.IsFollowing(account))
        {
            throw new SimulatorException(409, $"Person {person.Index} does not follow {account.AppId}. Only a follower can turn its messages off or on.");
        }
    }

    private static void Subscribe(PlatformSimulator simulator, SimulatedPerson person, ActionRequest asked)
    {
        var templateId = asked.TemplateId ?? throw new SimulatorException(400, "Which template? templateId is missing.");
        var app = simulator.Platform.Apps.FirstOrDefault(app => app.Subscriptions.Find(templateId) is not null)
            ?? throw new SimulatorException(404, $"There is no subscription template {templateId}.");
        var template = app.Subscriptions.Find(templateId)!;
        switch (asked.Answer ?? "accept")
        {
            case "accept":
                app.Subscriptions.Tap(person.Index, template, accepts: true);
                simulator.Journal.Note(app.AppId, person.Index, "allowed", template.Title);
                break;
            case "reject":
                app.Subscriptions.Tap(person.Index, template, accepts: false);
                simulator.Journal.Note(app.AppId, person.Index, "rejected", template.Title);
                break;
            case "off":
                app.Subscriptions.TurnOff(person.Index, template);
                simulator.Journal.Note(app.AppId, person.Index, "turnedOff", template.Title);
                break;
            default:
                throw new SimulatorException(400, $"answer is accept, reject or off, and not \"{asked.Answer}\".");
        }
    }

    private static (string? Code, string? Notice) Scan(PlatformSimulator simulator, SimulatedPerson person, ActionRequest asked)
    {
        var platform = simulator.Platform;
        if (asked.Ticket is { Length: > 0 } ticket)
        {
            foreach (var account in platform.Apps.Select(static app => app.OfficialAccount).OfType<SimulatedOfficialAccount>())
            {
                if (account.QrCodeBook.Find(ticket) is { } code)
                {
                    if (!person.Scan(account, code))
                    {
                        throw new SimulatorException(409, "The QR code has expired (二维码已过期).");
                    }

                    simulator.Journal.Note(account.AppId, person.Index, "scanned", code.Scene);
                    return default;
                }
            }

            throw new SimulatorException(404, "There is no QR code of that ticket.");
        }

        var scene = asked.Scene is { Length: > 0 } given ? given : throw new SimulatorException(400, "What is scanned? Give a ticket, or a scene.");
        var scanned = Account(platform, asked.App);
        person.Scan(scanned, scene);
        simulator.Journal.Note(scanned.AppId, person.Index, "scanned", scene);
        return default;
    }

    private static void Write(PlatformSimulator simulator, SimulatedPerson person, ActionRequest asked)
    {
        var text = asked.Text is { Length: > 0 and <= 2_000 } given ? given : throw new SimulatorException(400, "text must have 1 to 2,000 characters.");
        var app = asked.App is { } appId ? App(simulator.Platform, appId) : Account(simulator.Platform, null).App;
        if (app.OfficialAccount is { } account)
        {
            person.Write(account, text);
        }
        else
        {
            person.Write(app.MiniProgram!, text);
        }

        simulator.Journal.Note(app.AppId, person.Index, "written", text);
    }

    private static void Push(SimulatedPlatform platform, SimulatedPerson person, ActionRequest asked)
    {
        var name = asked.Event is { Length: > 0 } given ? given : throw new SimulatorException(400, "Which event? event is missing.");
        var app = App(platform, asked.App ?? throw new SimulatorException(400, "Of which app is the event? app is missing."));
        app.PushEvent(person, name, [.. (asked.Fields ?? new Dictionary<string, string>(StringComparer.Ordinal)).Select(static field => (field.Key, field.Value))]);
    }

    private static SimulatedApp App(SimulatedPlatform platform, string appId) => platform.FindApp(appId) ?? throw new SimulatorException(404, $"There is no app {appId}.");

    private static SimulatedOfficialAccount Account(SimulatedPlatform platform, string? appId) => appId is null
        ? platform.Apps.Where(static app => app.OfficialAccount is not null).MinBy(static app => app.AppId, StringComparer.Ordinal)?.OfficialAccount
            ?? throw new SimulatorException(404, "There is no Official Account.")
        : App(platform, appId).OfficialAccount ?? throw new SimulatorException(409, $"{appId} is a Mini Program, not an Official Account.");

    private static SimulatedMiniProgram MiniProgram(SimulatedPlatform platform, string? appId) => appId is null
        ? platform.Apps.Where(static app => app.MiniProgram is not null).MinBy(static app => app.AppId, StringComparer.Ordinal)?.MiniProgram
            ?? throw new SimulatorException(404, "There is no Mini Program.")
        : App(platform, appId).MiniProgram ?? throw new SimulatorException(409, $"{appId} is an Official Account, not a Mini Program.");
}
