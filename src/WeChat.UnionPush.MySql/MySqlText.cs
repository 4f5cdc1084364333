using System.Data.Common;
using System.Globalization;
using System.Text;
using MySqlConnector;

namespace WeChat.UnionPush.MySql;

/// <summary>One or more statements. Numbers stand in the text as they are, texts are parameters.</summary>
internal sealed class MySqlText
{
    /// <summary>How many ids one list holds: a longer one is not sought id by id, but joined as if it were a table.</summary>
    public const int ListSize = 900;

    private readonly StringBuilder _text = new();
    private readonly List<MySqlParameter> _parameters = [];

    /// <summary>A command that has no connection yet.</summary>
    public DbCommand Command
    {
        get
        {
            var command = new MySqlCommand(_text.ToString());
            command.Parameters.AddRange(_parameters.ToArray());
            return command;
        }
    }

    public MySqlText Sql(string sql)
    {
        _text.Append(sql);
        return this;
    }

    public MySqlText Number(long? number)
    {
        _ = number is { } known ? _text.Append(CultureInfo.InvariantCulture, $"{known}") : _text.Append("null");
        return this;
    }

    public MySqlText Text(string? text)
    {
        if (text is not null)
        {
            _parameters.Add(new MySqlParameter { Value = text });
        }

        return Sql(text is null ? "null" : "?");
    }

    /// <summary>An id to look for. What no database can hold was never stored, and null equals nothing.</summary>
    public MySqlText Id(string id) => Text(StorableText.Fits(id) ? id : null);

    public MySqlText List<T>(IEnumerable<T> items, Action<MySqlText, T> add) => Sql("(").Items(items, add).Sql(")");

    public MySqlText Items<T>(IEnumerable<T> items, Action<MySqlText, T> add)
    {
        var separator = "";
        foreach (var item in items)
        {
            add(Sql(separator), item);
            separator = ",";
        }

        return this;
    }

    /// <summary>Texts and numbers of a row to insert.</summary>
    public MySqlText Row(params ReadOnlySpan<SqlValue> values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            Sql(i == 0 ? "(" : ",");
            _ = values[i].Type == SqlType.Text ? Text(values[i].Text) : Number(values[i].IsNull ? null : values[i].Number);
        }

        return Sql(")");
    }

    public MySqlText Ids(IEnumerable<string> ids) => List(ids, static (text, id) => text.Id(id));

    /// <summary>A statement whose parameters are numbered, ended with a semicolon.</summary>
    public MySqlText Numbered(string sql, SqlValue[] values)
    {
        // Each statement's numbers are its own.
        var prefix = string.Create(CultureInfo.InvariantCulture, $"@n{_parameters.Count}_");
        for (var i = 0; i < values.Length; i++)
        {
            object? value = values[i].Type switch
            {
                SqlType.Text => values[i].Text is { } text && StorableText.Fits(text) ? text : null,
                SqlType.Day => values[i].Day,
                _ => values[i].IsNull ? null : values[i].Number,
            };
            _parameters.Add(new MySqlParameter(string.Create(CultureInfo.InvariantCulture, $"{prefix}{i + 1}"), value));
        }

        return Sql(sql.Replace("@", prefix, StringComparison.Ordinal)).Sql("; ");
    }
}
