namespace WeChat.UnionPush;

/// <summary>How a database spells the statements that all of them share. They are written with <c>$1</c> for parameters and double quotes.</summary>
internal sealed class SqlDialect
{
    /// <summary>What stands before the number of a parameter.</summary>
    public required char Parameter { get; init; }

    /// <summary>What names are quoted with.</summary>
    public char Quote { get; init; } = '"';

    /// <summary>The clause that locks the rows of a select until the transaction ends; empty where nobody else can write meanwhile.</summary>
    public string ForUpdate { get; init; } = " for update";

    /// <summary>Inserts a lease, or takes over one that has ended, and writes nothing otherwise: key, owner, its end, now.</summary>
    public string TakeLease { get; init; } = """
        insert into unionpush_lease as l ("key", owner, expires_at) values ($1, $2, $3)
        on conflict ("key") do update set owner = excluded.owner, expires_at = excluded.expires_at where l.expires_at <= $4
        """;

    /// <summary>Makes an insert change the row of the same key: the key's columns. What it sets follows.</summary>
    public Func<string, string> OnConflict { get; init; } = static key => $" on conflict ({key}) do update set ";

    /// <summary>What the insert brought for a column.</summary>
    public Func<string, string> Brought { get; init; } = static column => $"excluded.{column}";

    /// <summary>Makes an insert write nothing where the row is there already.</summary>
    public Func<string, string> IfAbsent { get; init; } = static insert => insert + " on conflict do nothing";

    /// <summary>
    /// Claims the first batch of a broadcast that may be claimed: broadcast, claim, its end, now. Batches that others are claiming are passed over where the
    /// server can, and waited for where it cannot.
    /// </summary>
    public string ClaimBatch { get; init; } = ClaimBatchWhere(" for update skip locked");

    /// <summary>The claim as one update over a subquery with a clause at its end.</summary>
    public static string ClaimBatchWhere(string locking) => $"""
        update unionpush_broadcast_batch set claim_id = $2, available_at = $3
        where broadcast_id = $1 and number = (
            select number from unionpush_broadcast_batch where broadcast_id = $1 and available_at <= $4 order by available_at, number limit 1{locking})
        """;

    /// <summary>Makes an insert replace the row of the same key: the key's columns and the others.</summary>
    public string OrReplace(string key, params IEnumerable<string> columns) => OnConflict(key) + string.Join(", ", columns.Select(column => $"{column} = {Brought(column)}"));

    /// <summary>A shared statement in this dialect.</summary>
    public string Spell(string sql) => sql.Replace('$', Parameter).Replace('"', Quote);
}
