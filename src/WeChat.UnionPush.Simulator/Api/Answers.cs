namespace WeChat.UnionPush.Simulator;

// The shapes of answers and requests that stand for nothing else.

internal sealed record StateView(
    DateTimeOffset Now, double ClockShift, bool ClockMoves, bool OwnsPlatform, int MaxMessages, int MaxCalls, int MaxCallbacks, long People,
    IReadOnlyList<AppView> Apps, IReadOnlyList<FaultView> Faults, IReadOnlyList<string> Paths);

internal sealed record ClockView(DateTimeOffset Now, double ClockShift, bool ClockMoves);

internal sealed record ClockRequest(double? AdvanceSeconds, DateTimeOffset? SetTo, bool? Reset);

internal sealed record PeopleView(long Total, IReadOnlyList<PersonView> People);

internal sealed record PersonRequest(string? Name);

internal sealed record ActionRequest(
    string? App, string? Scene, string? Ticket, string? Text, string? Key, string? TemplateId, string? Answer, string? Event,
    IReadOnlyDictionary<string, string>? Fields, bool? Listed, bool? Blocked);

/// <summary>What an action did: the person as it is now, the login code if one was given, and the callbacks with their answers.</summary>
internal sealed record ActionView(PersonView Person, string? Code, string? Notice, IReadOnlyList<CallbackEntry> Callbacks);

internal sealed record MessagesView(long Total, IReadOnlyList<MessageEntry> Messages);

internal sealed record CallsView(long Total, IReadOnlyList<CallEntry> Calls);

internal sealed record CallbacksView(long Total, IReadOnlyList<CallbackEntry> Callbacks);

internal sealed record CredentialsView(string AppId, string? AppSecret, string? Token, string? EncodingAesKey);

internal sealed record PreviewRequest(IReadOnlyDictionary<string, string>? Values);

internal sealed record PreviewView(string Title, IReadOnlyList<CardField> Fields, IReadOnlyList<FieldFinding> Findings, bool Ok);

internal sealed record TestSendRequest(
    string Person, string TemplateId, IReadOnlyDictionary<string, string>? Values, string? Url, string? MiniProgram, string? Page);

internal sealed record QuotaView(string Path, long Daily, long Used, long? Minute);

internal sealed record TokenRequest(string Action, int? Code);

internal sealed record QrCodeRequest(string Scene, int? ExpireSeconds);

internal sealed record QrCodeView(string AppId, string Ticket, string Scene, string Url, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt, bool Expired);

internal sealed record SecretRequest(string AppSecret);

internal sealed record ProblemView(string Title, int Status, string Detail);
