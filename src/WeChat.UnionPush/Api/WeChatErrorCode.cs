namespace WeChat.UnionPush;

/// <summary>A return code (<c>errcode</c>) of the platform. Any number is a code; those the library knows have a meaning and advice.</summary>
/// <param name="Value">The number, such as 40001.</param>
public readonly record struct WeChatErrorCode(int Value)
{
    /// <summary>Turns a number into a code.</summary>
    /// <param name="value">The number.</param>
    public static implicit operator WeChatErrorCode(int value) => new(value);
}
