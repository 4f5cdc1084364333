namespace WeChat.UnionPush.Simulator;

/// <summary>What became of one push, in a line: whether it is on the phone, why not, and what to do.</summary>
/// <param name="Code">A word for it that does not change, such as <c>notFollowing</c>.</param>
/// <param name="Arrived">Whether it is on the phone; <see langword="null"/> when it is on its way.</param>
/// <param name="En">The line in English.</param>
/// <param name="Zh">The line in Chinese.</param>
internal sealed record Verdict(string Code, bool Arrived, string En, string Zh);
