namespace WeChat.UnionPush.Simulator;

/// <summary>Something that is kept under a number. Numbers grow, over all kinds of entries.</summary>
internal interface IEntry
{
    long Id { get; }
}
