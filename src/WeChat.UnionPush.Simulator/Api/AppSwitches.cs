using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Simulator;

/// <summary>How an app stands, and how the platform behaves to it. What is left out stays as it is.</summary>
internal sealed record AppSwitches
{
    public bool? Verified { get; init; }

    public bool? Sandbox { get; init; }

    public bool? SecretFrozen { get; init; }

    /// <summary>The Open Platform account; an empty text takes the app out of it.</summary>
    public string? OpenPlatform { get; init; }

    /// <summary>The IP whitelist; an empty list switches it off. Calls over the network count as coming from 203.0.113.7.</summary>
    public IReadOnlyList<string>? IpWhitelist { get; init; }

    public SimulatedRefusal? RefusedMessages { get; init; }

    public SimulatedRepeat? RepeatedMessages { get; init; }

    public bool? RefusesSameContent { get; init; }

    /// <summary>Messages to one person in a minute; 0 for any number.</summary>
    public int? MessagesPerPersonAndMinute { get; init; }

    public bool? PadsUnionIds { get; init; }

    public bool? BatchRefusesStrangers { get; init; }

    public bool? UnionIdNeedsFollow { get; init; }

    /// <summary>How long new tokens live, in seconds.</summary>
    public int? TokenLifetime { get; init; }

    /// <summary>The code with which every token is refused; 0 for none.</summary>
    public int? TokensRefusedWith { get; init; }

    public static AppSwitches Of(SimulatedApp app) => new()
    {
        Verified = app.OfficialAccount?.IsVerified,
        Sandbox = app.OfficialAccount?.IsSandbox,
        SecretFrozen = app.AccessTokens.AppSecretFrozen,
        OpenPlatform = app.OpenPlatform ?? "",
        IpWhitelist = [.. app.IpWhitelist ?? []],
        RefusedMessages = app.OfficialAccount?.RefusedMessages,
        RepeatedMessages = app.OfficialAccount?.RepeatedMessages,
        RefusesSameContent = app.OfficialAccount?.RefusesSameContent,
        MessagesPerPersonAndMinute = app.OfficialAccount is { } limited ? limited.MessagesPerPersonAndMinute ?? 0 : null,
        PadsUnionIds = app.OfficialAccount?.PadsUnionIds,
        BatchRefusesStrangers = app.OfficialAccount?.BatchRefusesStrangers,
        UnionIdNeedsFollow = app.MiniProgram?.UnionIdNeedsFollow,
        TokenLifetime = (int)app.AccessTokens.Lifetime.TotalSeconds,
        TokensRefusedWith = app.AccessTokens.RefuseAllWith ?? 0,
    };

    public void Apply(SimulatedApp app)
    {
        if (TokenLifetime is < 1 || MessagesPerPersonAndMinute is < 0)
        {
            throw new SimulatorException(400, "tokenLifetime must be at least one second, and messagesPerPersonAndMinute not negative.");
        }

        try
        {
            app.IpWhitelist = IpWhitelist is null ? app.IpWhitelist : IpWhitelist.Count == 0 ? null : IpWhitelist;
        }
        catch (ArgumentException misfit)
        {
            throw new SimulatorException(400, misfit.Message, misfit);
        }

        app.OpenPlatform = OpenPlatform is null ? app.OpenPlatform : OpenPlatform.Length == 0 ? null : OpenPlatform;
        app.AccessTokens.AppSecretFrozen = SecretFrozen ?? app.AccessTokens.AppSecretFrozen;
        app.AccessTokens.Lifetime = TokenLifetime is { } seconds ? TimeSpan.FromSeconds(seconds) : app.AccessTokens.Lifetime;
        app.AccessTokens.RefuseAllWith = TokensRefusedWith is { } code ? (code == 0 ? null : code) : app.AccessTokens.RefuseAllWith;
        if (app.MiniProgram is { } miniProgram)
        {
            miniProgram.UnionIdNeedsFollow = UnionIdNeedsFollow ?? miniProgram.UnionIdNeedsFollow;
        }

        if (app.OfficialAccount is { } account)
        {
            account.IsVerified = Verified ?? account.IsVerified;
            account.IsSandbox = Sandbox ?? account.IsSandbox;
            account.RefusedMessages = RefusedMessages ?? account.RefusedMessages;
            account.RepeatedMessages = RepeatedMessages ?? account.RepeatedMessages;
            account.RefusesSameContent = RefusesSameContent ?? account.RefusesSameContent;
            account.MessagesPerPersonAndMinute = MessagesPerPersonAndMinute is { } most ? (most == 0 ? null : most) : account.MessagesPerPersonAndMinute;
            account.PadsUnionIds = PadsUnionIds ?? account.PadsUnionIds;
            account.BatchRefusesStrangers = BatchRefusesStrangers ?? account.BatchRefusesStrangers;
        }
    }
}
