namespace WeChat.UnionPush.Testing;

/// <summary>A store does not keep its contract. The message names the case, what was expected and what came.</summary>
public sealed class ConformanceException : Exception
{
    internal ConformanceException(string caseName, string failure, Exception? innerException = null)
        : base($"{caseName}: {failure}", innerException) => CaseName = caseName;

    /// <summary>The case that failed, as in <c>CaseNames</c>.</summary>
    public string CaseName { get; }
}
