namespace WeChat.UnionPush.Diagnostics;

/// <summary>How the platform reaches an account's callback address.</summary>
/// <param name="Resolved">Addresses that the name resolved to, each with its network operator.</param>
/// <param name="Pinged">Pings, one for each address.</param>
public sealed record CallbackReachability(IReadOnlyList<CallbackResolution> Resolved, IReadOnlyList<CallbackPing> Pinged);

/// <summary>An address that the callback's host name resolved to.</summary>
/// <param name="Address">The address.</param>
/// <param name="NetworkOperator">The operator of its network.</param>
public sealed record CallbackResolution(string Address, string NetworkOperator);

/// <summary>A ping of the callback's address.</summary>
/// <param name="Address">The address.</param>
/// <param name="FromOperator">The operator of the network it was sent from.</param>
/// <param name="PacketLoss">As the platform words it, such as <c>0%</c>.</param>
/// <param name="Time">As the platform words it, such as <c>23.079ms</c>.</param>
public sealed record CallbackPing(string Address, string FromOperator, string PacketLoss, string Time);
