using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Simulator;

/// <summary>An app as the REST API shows it: without its secret, token and key.</summary>
internal sealed record AppView(
    string AppId, string? Name, string Kind, string OriginalId, string? OpenPlatform, long Followers, AppSwitches Switches, CallbackView? Callback,
    IReadOnlyList<TemplateView> Templates, IReadOnlyList<TemplateView> SubscriptionTemplates, IReadOnlyList<string> MiniPrograms)
{
    public static AppView Of(PlatformSimulator simulator, SimulatedApp app) => new(
        app.AppId,
        simulator.NameOf(app.AppId),
        app.IsOfficialAccount ? "officialAccount" : "miniProgram",
        app.OriginalId,
        app.OpenPlatform,
        app.OfficialAccount?.FollowerCount ?? 0,
        AppSwitches.Of(app),
        app.Callback is { } callback ? new CallbackView(callback.Address?.AbsoluteUri, callback.Mode, callback.UsesJson) : null,
        [.. app.OfficialAccount?.Templates.Select(TemplateView.Of) ?? []],
        [.. app.Subscriptions.Templates.Select(TemplateView.Of)],
        app.OfficialAccount is { } account
            ? [.. app.Platform.Apps.Where(other => other.MiniProgram is not null && account.IsAssociated(other.AppId)).Select(static other => other.AppId)]
            : []);
}
