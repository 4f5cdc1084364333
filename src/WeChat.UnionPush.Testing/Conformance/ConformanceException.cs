namespace WeChat.UnionPush.Testing;

/// <summary>A store violates its contract. The message names the case, the expected result and the actual one.</summary>
public sealed class ConformanceException : Exception
{
    internal ConformanceException(string caseName, string failure, Exception? innerException = null)
        : base($"{caseName}: {failure}", innerException) => CaseName = caseName;

    /// <summary>The case that failed, as in <c>CaseNames</c>.</summary>
    public string CaseName { get; }
}
