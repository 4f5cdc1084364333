namespace WeChat.UnionPush;

/// <summary>
/// A text that does not belong in a log, such as a session key. Neither <see cref="ToString"/> nor a property shows it, so that a logger or serializer
/// that walks through properties does not either. Text turns into one by itself; <see cref="Reveal"/> gives it back.
/// </summary>
/// <param name="text">The text.</param>
public readonly struct SecretText(string? text) : IEquatable<SecretText>
{
    private readonly string? _text = text;

    /// <summary>Makes a secret of a text.</summary>
    /// <param name="text">The text.</param>
    public static implicit operator SecretText(string? text) => new(text);

    /// <summary>Whether two secrets are the same text.</summary>
    public static bool operator ==(SecretText left, SecretText right) => left.Equals(right);

    /// <summary>Whether two secrets are different texts.</summary>
    public static bool operator !=(SecretText left, SecretText right) => !left.Equals(right);

    /// <summary>The text; empty where there is none. For calls and stores, never for a log.</summary>
    public string Reveal() => _text ?? "";

    /// <inheritdoc/>
    public bool Equals(SecretText other) => string.Equals(Reveal(), other.Reveal(), StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is SecretText other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(Reveal());

    /// <summary>Shows nothing of the text.</summary>
    public override string ToString() => "***";
}
