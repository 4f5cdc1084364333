namespace WeChat.UnionPush;

/// <summary>The row that a statement stands on. Columns count from zero.</summary>
internal interface ISqlRow
{
    bool IsNull(int column);

    string Text(int column);

    long Int64(int column);

    bool Flag(int column);

    DateOnly Day(int column);

    string? NullableText(int column) => IsNull(column) ? null : Text(column);

    /// <summary>A time that is stored as milliseconds since 1970.</summary>
    DateTimeOffset Time(int column) => DateTimeOffset.FromUnixTimeMilliseconds(Int64(column));

    DateTimeOffset? NullableTime(int column) => IsNull(column) ? null : Time(column);
}
