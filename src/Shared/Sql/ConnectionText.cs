namespace WeChat.UnionPush;

/// <summary>Looks at a connection string while a host registers, where a mistake in it is told at once.</summary>
internal static class ConnectionText
{
    /// <param name="connectionString">What the host gave.</param>
    /// <param name="database">What cannot read it.</param>
    /// <param name="example">How it is written.</param>
    /// <param name="readServer">Reads the server's name.</param>
    /// <exception cref="ArgumentException">It cannot be read, or names no server.</exception>
    public static void Check(string connectionString, string database, string example, Func<string, string?> readServer)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(connectionString);
        string problem;
        try
        {
            problem = string.IsNullOrWhiteSpace(readServer(connectionString)) ? "It names no server." : "";
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or InvalidCastException or OverflowException or NotSupportedException
            or InvalidOperationException)
        {
            // Without the exception itself: it may show a value, and one of them is the password.
            problem = exception.Message;
        }

        if (problem.Length > 0)
        {
            throw new ArgumentException($"{database} cannot read the connection string. {problem} It is written as in \"{example}\".", nameof(connectionString));
        }
    }
}
