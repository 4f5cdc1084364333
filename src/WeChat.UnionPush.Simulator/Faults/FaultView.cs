namespace WeChat.UnionPush.Simulator;

/// <summary>A fault that is declared, and how often it has struck.</summary>
internal sealed record FaultView(long Id, FaultRequest Fault, long Strikes);
