using System.Collections;
using System.Data;
using System.Data.Common;
using Microsoft.Data.SqlClient;

namespace WeChat.UnionPush.Tests;

/// <summary>
/// A connection to a SQL Server that is not there. It notes what it is asked, takes every statement, and answers each with one row of ones, so that a
/// provider's SQL can be read without a server.
/// </summary>
internal sealed class AbsentSqlServer : DbConnection
{
    private ConnectionState _state;

    /// <summary>The statements, in their order.</summary>
    public List<string> Statements { get; } = [];

    [System.Diagnostics.CodeAnalysis.AllowNull]
    public override string ConnectionString { get; set; } = "Server=absent;Database=shop";

    public override string Database => "shop";

    public override string DataSource => "absent";

    public override string ServerVersion => "16.00.0000";

    public override ConnectionState State => _state;

    public override void Open() => _state = ConnectionState.Open;

    public override void Close() => _state = ConnectionState.Closed;

    public override void ChangeDatabase(string databaseName) => throw new NotSupportedException();

    protected override DbTransaction BeginDbTransaction(IsolationLevel isolationLevel) => new Transaction(this, isolationLevel);

    protected override DbCommand CreateDbCommand() => new Command(this);

    private sealed class Transaction(DbConnection connection, IsolationLevel isolationLevel) : DbTransaction
    {
        public override IsolationLevel IsolationLevel => isolationLevel;

        protected override DbConnection DbConnection => connection;

        public override void Commit()
        {
        }

        public override void Rollback()
        {
        }
    }

    private sealed class Command(AbsentSqlServer server) : DbCommand
    {
        private readonly SqlCommand _command = new();

        [System.Diagnostics.CodeAnalysis.AllowNull]
        public override string CommandText { get; set; } = "";

        public override int CommandTimeout { get; set; }

        public override CommandType CommandType { get; set; }

        public override bool DesignTimeVisible { get; set; }

        public override UpdateRowSource UpdatedRowSource { get; set; }

        protected override DbConnection? DbConnection { get; set; } = server;

        protected override DbParameterCollection DbParameterCollection => _command.Parameters;

        protected override DbTransaction? DbTransaction { get; set; }

        public override void Cancel()
        {
        }

        public override void Prepare()
        {
        }

        public override int ExecuteNonQuery()
        {
            server.Statements.Add(CommandText);
            return 1;
        }

        public override object ExecuteScalar()
        {
            server.Statements.Add(CommandText);
            return 1;
        }

        protected override DbParameter CreateDbParameter() => _command.CreateParameter();

        protected override DbDataReader ExecuteDbDataReader(CommandBehavior behavior)
        {
            server.Statements.Add(CommandText);
            return new OneRow();
        }

        protected override void Dispose(bool disposing) => _command.Dispose();
    }

    /// <summary>One row, whose every column is one.</summary>
    private sealed class OneRow : DbDataReader
    {
        private int _read;

        public override int Depth => 0;

        public override int FieldCount => 30;

        public override bool HasRows => true;

        public override bool IsClosed => false;

        public override int RecordsAffected => 1;

        public override object this[int ordinal] => 1;

        public override object this[string name] => 1;

        public override bool Read() => _read++ == 0;

        public override bool NextResult() => false;

        public override bool IsDBNull(int ordinal) => false;

        public override bool GetBoolean(int ordinal) => true;

        public override byte GetByte(int ordinal) => 1;

        public override short GetInt16(int ordinal) => 1;

        public override int GetInt32(int ordinal) => 1;

        public override long GetInt64(int ordinal) => 1;

        public override string GetString(int ordinal) => "1";

        public override T GetFieldValue<T>(int ordinal) => typeof(T) == typeof(byte[]) ? (T)(object)"1"u8.ToArray() : (T)Convert.ChangeType(1, typeof(T), null);

        public override string GetName(int ordinal) => "one";

        public override Type GetFieldType(int ordinal) => typeof(int);

        public override object GetValue(int ordinal) => 1;

        public override int GetOrdinal(string name) => 0;

        public override IEnumerator GetEnumerator() => throw new NotSupportedException();

        public override long GetBytes(int ordinal, long dataOffset, byte[]? buffer, int bufferOffset, int length) => throw new NotSupportedException();

        public override char GetChar(int ordinal) => throw new NotSupportedException();

        public override long GetChars(int ordinal, long dataOffset, char[]? buffer, int bufferOffset, int length) => throw new NotSupportedException();

        public override string GetDataTypeName(int ordinal) => "int";

        public override DateTime GetDateTime(int ordinal) => throw new NotSupportedException();

        public override decimal GetDecimal(int ordinal) => 1;

        public override double GetDouble(int ordinal) => 1;

        public override float GetFloat(int ordinal) => 1;

        public override Guid GetGuid(int ordinal) => throw new NotSupportedException();

        public override int GetValues(object[] values) => throw new NotSupportedException();
    }
}
