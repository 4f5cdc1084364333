using System.Data.Common;

namespace WeChat.UnionPush;

/// <summary>What a server refuses or lacks, in the words of all packages.</summary>
/// <param name="What">Continues a sentence that begins with the database.</param>
/// <param name="Kind">What is to be done about it.</param>
internal sealed record SqlFailure(string What, SqlFailureKind Kind = SqlFailureKind.Other)
{
    public static readonly SqlFailure DiskIsFull = new("cannot grow: the disk of the server is full. Free some space");
    public static readonly SqlFailure RefusesUser = new("refuses the user name or the password");
    public static readonly SqlFailure RefusesStatement = new("refused a statement");
    public static readonly SqlFailure IsUnreachable = new("cannot be reached, or the connection broke");
    public static readonly SqlFailure IsHeld = new("is held by other transactions. Look for one that hangs", SqlFailureKind.Conflict);

    /// <param name="script">The package's file with the tables.</param>
    /// <param name="hint">What else to do.</param>
    public static SqlFailure LacksTables(string script, string? hint = null) => new(
        $"lacks the library's tables, or they are of another version. Call EnsureSchemaAsync at the start, or run {script} of the package{(hint is null ? "" : $", and {hint}")}");

    /// <param name="rights">What else the user needs who calls <c>EnsureSchemaAsync</c>.</param>
    public static SqlFailure ForbidsUser(string rights) => new(
        $"does not allow this user what the library does. Grant select, insert, update and delete on the unionpush_ tables, and {rights} to the user that calls EnsureSchemaAsync");

    /// <param name="limits">What allows no more, on the server.</param>
    public static SqlFailure HasNoConnection(string limits) => new(
        $"has no connection left: all that {limits} are taken. Lower \"Maximum Pool Size\" in the connection strings, so that the pools of all processes together stay "
            + "below it, or raise it on the server",
        SqlFailureKind.NoConnection);

    public UnionPushStorageException Of(string database, DbException exception) =>
        new($"{database} {What}. Nothing was half written. The driver says: {exception.Message}", exception.IsTransient || Kind != SqlFailureKind.Other, exception);
}
