using System.Collections;
using System.Collections.Concurrent;
using System.Globalization;
using System.Reflection;
using System.Text;

namespace WeChat.UnionPush.Fuzz;

/// <summary>Everything that can be seen of an object, as text, to compare two of them.</summary>
internal static class Dump
{
    private const int MaxDepth = 12;

    private static readonly ConcurrentDictionary<Type, PropertyInfo[]> Properties = new();

    public static string Of(object? value)
    {
        var text = new StringBuilder();
        Write(text, value, 0);
        return text.ToString();
    }

    private static void Write(StringBuilder text, object? value, int depth)
    {
        switch (value)
        {
            case null:
                text.Append("null");
                break;
            case string written:
                text.Append('"').Append(written).Append('"');
                break;
            case DateTimeOffset time:
                text.Append(time.ToString("O", CultureInfo.InvariantCulture));
                break;
            case TimeOnly time:
                text.Append(time.Ticks);
                break;
            case AccessToken token:
                text.Append(token.Reveal()).Append(" until ").Append(token.ExpiresAt.ToString("O", CultureInfo.InvariantCulture));
                break;
            case Enum or bool or IFormattable:
                text.Append(Convert.ToString(value, CultureInfo.InvariantCulture));
                break;
            case var _ when depth == MaxDepth:
                text.Append('…');
                break;
            case IDictionary entries:
                Write(text, entries.Cast<object>().Select(Of).Order(StringComparer.Ordinal).ToArray(), depth + 1);
                break;
            case IEnumerable items:
                text.Append('[');
                foreach (var item in items)
                {
                    Write(text, item, depth + 1);
                    text.Append(',');
                }

                text.Append(']');
                break;
            default:
                text.Append(value.GetType().Name).Append('{');
                foreach (var property in Properties.GetOrAdd(value.GetType(), Visible))
                {
                    text.Append(property.Name).Append('=');
                    Write(text, property.GetValue(value), depth + 1);
                    text.Append(';');
                }

                text.Append('}');
                break;
        }
    }

    private static PropertyInfo[] Visible(Type type) =>
        Array.FindAll(type.GetProperties(BindingFlags.Instance | BindingFlags.Public), static property => property.CanRead && property.GetIndexParameters().Length == 0);
}
