using WeChat.UnionPush.EntityFrameworkCore;

namespace Microsoft.EntityFrameworkCore;

/// <summary>Adds the library's tables to a context of the host's.</summary>
public static class UnionPushModelBuilderExtensions
{
    /// <summary>
    /// Adds the tables of WeChat.UnionPush, whose names begin with <c>unionpush_</c>. Call it in <c>OnModelCreating</c>, then add a migration.
    /// </summary>
    /// <param name="modelBuilder">The model of the host's context.</param>
    /// <param name="schema">The schema of the tables; <see langword="null"/> is the context's default.</param>
    /// <param name="collation">
    /// The collation of the columns that hold ids. Ids are compared by their characters: one that ignores case would take two people for one.
    /// <see langword="null"/> chooses the binary one of SQL Server (<c>Latin1_General_100_BIN2</c>), PostgreSQL (<c>C</c>) and MySQL (<c>utf8mb4_bin</c>), and
    /// elsewhere leaves the database's own: that of SQLite and Oracle is binary. <c>EnsureSchemaAsync</c> of the storage finds out where it is not.
    /// </param>
    /// <returns>The same builder.</returns>
    public static ModelBuilder UseUnionPush(this ModelBuilder modelBuilder, string? schema = null, string? collation = null)
    {
        ArgumentNullException.ThrowIfNull(modelBuilder);
        new UnionPushModel(modelBuilder, schema, collation).Build();
        return modelBuilder;
    }
}
