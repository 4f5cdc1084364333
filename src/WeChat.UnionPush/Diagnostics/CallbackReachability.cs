namespace WeChat.UnionPush;

/// <summary>How the platform reaches an account's callback address.</summary>
/// <param name="Resolved">Addresses the name resolved to, each with the operator that it belongs to.</param>
/// <param name="Pinged">Pings, one for each address.</param>
public sealed record CallbackReachability(IReadOnlyList<CallbackResolution> Resolved, IReadOnlyList<CallbackPing> Pinged);

/// <summary>An address the callback's name resolved to.</summary>
/// <param name="Address">The address.</param>
/// <param name="NetworkOperator">Whose network it is in.</param>
public sealed record CallbackResolution(string Address, string NetworkOperator);

/// <summary>A ping of the callback's address.</summary>
/// <param name="Address">The address.</param>
/// <param name="FromOperator">From whose network it was sent.</param>
/// <param name="PacketLoss">As the platform words it, such as <c>0%</c>.</param>
/// <param name="Time">As the platform words it, such as <c>23.079ms</c>.</param>
public sealed record CallbackPing(string Address, string FromOperator, string PacketLoss, string Time);
