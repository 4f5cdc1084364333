namespace WeChat.UnionPush;

/// <summary>What to take of an inbox. Times are milliseconds since 1970.</summary>
/// <param name="AppIds">At least one app.</param>
/// <param name="Limit">How many events at most.</param>
/// <param name="Now">Those count that are available now.</param>
/// <param name="Until">The end of their leases.</param>
/// <param name="LeaseId">The name of their leases.</param>
internal readonly record struct SqlTake(string[] AppIds, int Limit, long Now, long Until, string LeaseId);
