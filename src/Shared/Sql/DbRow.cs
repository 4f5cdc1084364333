using System.Data.Common;
using System.Text;

namespace WeChat.UnionPush;

/// <summary>The row that an ADO.NET reader stands on.</summary>
internal sealed class DbRow : ISqlRow
{
    private DbDataReader _reader = null!;

    public DbRow Of(DbDataReader reader)
    {
        _reader = reader;
        return this;
    }

    /// <summary>Reads all rows of all results.</summary>
    /// <returns>The rows, and how many rows the statements wrote.</returns>
    public static async ValueTask<(List<T> Rows, int Written)> ReadAllAsync<T>(Task<DbDataReader> executing, Func<DbDataReader, T> read, CancellationToken cancellationToken)
    {
        var reader = await executing.ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            var rows = new List<T>();
            do
            {
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    rows.Add(read(reader));
                }
            }
            while (await reader.NextResultAsync(cancellationToken).ConfigureAwait(false));

            return (rows, reader.RecordsAffected);
        }
    }

    public bool IsNull(int column) => _reader.IsDBNull(column);

    // Texts of any characters are kept as bytes where the database's own texts cannot hold them.
    public string Text(int column) =>
        _reader.GetFieldType(column) == typeof(string) ? _reader.GetString(column) : Encoding.UTF8.GetString(_reader.GetFieldValue<byte[]>(column));

    public long Int64(int column) => _reader.GetInt64(column);

    public bool Flag(int column) => _reader.GetBoolean(column);

    public DateOnly Day(int column) => _reader.GetFieldValue<DateOnly>(column);
}
