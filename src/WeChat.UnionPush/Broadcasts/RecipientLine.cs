namespace WeChat.UnionPush.Broadcasts;

/// <summary>
/// A recipient as a line of a batch: an id, behind a tab their own message, and behind another tab a mark where the id is the one that the audience named.
/// </summary>
/// <param name="Id">Openid in the Official Account, or the id that the audience named. Empty for somebody who was erased.</param>
/// <param name="Own">The message that only this person gets, as JSON, which holds no tab.</param>
/// <param name="IsAsNamed">Whether the template message could not reach the person when the run was planned, so that <paramref name="Id"/> is the audience's.</param>
internal readonly record struct RecipientLine(string Id, string? Own = null, bool IsAsNamed = false)
{
    private const string Mark = "+";

    public static RecipientLine Read(string line)
    {
        var parts = line.Split('\t');
        return new(parts[0], parts.Length > 1 && parts[1].Length > 0 ? parts[1] : null, parts.Length > 2);
    }

    public override string ToString() => IsAsNamed ? $"{Id}\t{Own}\t{Mark}" : Own is null ? Id : $"{Id}\t{Own}";
}
