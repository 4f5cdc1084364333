namespace WeChat.UnionPush;

/// <summary>Runs the statements that the stores of all SQL databases share. A call happens whole or not at all.</summary>
internal interface ISqlDatabase
{
    SqlDialect Dialect { get; }

    /// <summary>Runs one statement and reads all its rows.</summary>
    /// <param name="sql">A constant text: some databases cache the prepared statement by reference.</param>
    /// <param name="read">Reads a row.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <param name="values">The parameters, from the first one on.</param>
    ValueTask<List<T>> QueryAsync<T>(string sql, Func<ISqlRow, T> read, CancellationToken cancellationToken, params SqlValue[] values);

    /// <summary>Runs one statement for each set of parameters, all in one transaction.</summary>
    /// <returns>How many rows it wrote in all.</returns>
    ValueTask<int> ExecuteAsync(string sql, IReadOnlyCollection<SqlValue[]> runs, CancellationToken cancellationToken);

    ValueTask<int> ExecuteAsync(string sql, CancellationToken cancellationToken, params SqlValue[] values) => ExecuteAsync(sql, [values], cancellationToken);
}
