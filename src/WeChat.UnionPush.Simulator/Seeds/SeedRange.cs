namespace WeChat.UnionPush.Simulator;

/// <summary>People in a row who follow an account.</summary>
internal sealed record SeedRange(long First, long End, DateTimeOffset At);
