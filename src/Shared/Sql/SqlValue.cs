namespace WeChat.UnionPush;

/// <summary>A parameter of a statement. It may be a secret, so it says nothing of itself.</summary>
internal readonly struct SqlValue
{
    private SqlValue(SqlType type, string? text, long number, bool isNull) => (Type, Text, Number, IsNull) = (type, text, number, isNull);

    public SqlType Type { get; }

    public bool IsNull { get; }

    public string? Text { get; }

    public long Number { get; }

    public DateOnly Day => DateOnly.FromDayNumber((int)Number);

    public static implicit operator SqlValue(string? value) => new(SqlType.Text, value, 0, value is null);

    public static implicit operator SqlValue(long value) => new(SqlType.Int64, null, value, isNull: false);

    public static implicit operator SqlValue(long? value) => new(SqlType.Int64, null, value ?? 0, value is null);

    public static implicit operator SqlValue(bool value) => new(SqlType.Flag, null, value ? 1 : 0, isNull: false);

    public static implicit operator SqlValue(DateOnly value) => new(SqlType.Day, null, value.DayNumber, isNull: false);

    public static implicit operator SqlValue(DateTimeOffset value) => value.ToUnixTimeMilliseconds();

    public static implicit operator SqlValue(DateTimeOffset? value) => new(SqlType.Int64, null, value?.ToUnixTimeMilliseconds() ?? 0, value is null);
}
