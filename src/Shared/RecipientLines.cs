namespace WeChat.UnionPush;

/// <summary>The recipients of a broadcast's batch: a line for each, an id and behind a tab what only this person gets.</summary>
internal static class RecipientLines
{
    /// <summary>Empties the lines of some persons. The others keep their places.</summary>
    public static string Without(string lines, IReadOnlySet<string> ids) =>
        string.Join('\n', lines.Split('\n').Select(line => ids.Contains(line.Split('\t', 2)[0]) ? "" : line));
}
