namespace WeChat.UnionPush.Tests;

/// <summary>What is decided. The first answer is always the usual one.</summary>
internal enum DecisionKind
{
    /// <summary>Whether somebody goes on at a point, or who goes first.</summary>
    Point = 0,

    /// <summary>Who goes on when somebody has ended; the first is whoever has waited longest.</summary>
    Next,

    /// <summary>The same, and the last answer lets time go on.</summary>
    NextOrTime,

    /// <summary>Whether something unusual happens.</summary>
    Event,

    /// <summary>Which of several things the scenario does.</summary>
    Choice,
}
