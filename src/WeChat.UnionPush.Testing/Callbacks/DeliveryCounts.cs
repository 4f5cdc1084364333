namespace WeChat.UnionPush.Testing;

/// <summary>What became of all pushes so far.</summary>
internal struct DeliveryCounts
{
    public long Events;
    public long Duplicates;
    public long Requests;
    public long Delivered;
    public long Retried;
    public long GivenUp;
}
