namespace BrokerSample;

/// <summary>What other programs put into the queue: "push this".</summary>
/// <param name="Id">The command's id. It stays the same however often the command is sent or delivered.</param>
/// <param name="OpenId">The recipient's openid in the Mini Program.</param>
/// <param name="Text">What they are told.</param>
public sealed record PushCommand(string Id, string OpenId, string Text);
