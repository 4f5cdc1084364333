namespace WeChat.UnionPush;

/// <summary>What a parameter is, also when it is null.</summary>
internal enum SqlType
{
    Text = 0,
    Int64,
    Flag,
    Day,
}
