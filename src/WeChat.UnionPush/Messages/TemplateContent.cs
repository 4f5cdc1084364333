using System;
using System.Collections.Generic;

namespace WeChat.UnionPush;

/// <summary>
/// Reads a template's <c>content</c>, such as <c>领奖金额:{{withdrawMoney.DATA}}</c>. The source generator compiles this file too, so that
/// both see the same keys. It therefore uses only what .NET Standard 2.0 has.
/// </summary>
internal static class TemplateContent
{
    private const string Suffix = ".DATA";

    // The name of an enum in newer templates. No page documents it, but live templates have it.
    private const string EnumString = "enum_string";

    // In the order of TemplateParameterType.
    private static readonly string[] Types =
    [
        "", "thing", "character_string", "time", "date", "amount", "phone_number", "car_number", "const", "phrase", "number", "letter", "symbol",
        "name", "enum", "short_thing",
    ];

    /// <summary>The word of a type in keys, such as <c>character_string</c>.</summary>
    public static string WordOf(TemplateParameterType type) => Types[(int)type];

    /// <summary>The type in a key: a known word followed by at least one digit.</summary>
    public static TemplateParameterType TypeOf(string key)
    {
        var length = key.Length;
        while (length > 0 && key[length - 1] is >= '0' and <= '9')
        {
            length--;
        }

        if (length < key.Length)
        {
            for (var i = 1; i < Types.Length; i++)
            {
                if (Types[i].Length == length && string.CompareOrdinal(Types[i], 0, key, 0, length) == 0)
                {
                    return (TemplateParameterType)i;
                }
            }

            if (length == EnumString.Length && key.StartsWith(EnumString, StringComparison.Ordinal))
            {
                return TemplateParameterType.Enum;
            }
        }

        return TemplateParameterType.Untyped;
    }

    /// <summary>The placeholders of the content, in order. Some published copies have blanks between the braces.</summary>
    public static List<Place> Parse(string content)
    {
        var places = new List<Place>();
        var end = 0;
        for (var at = content.IndexOf('{'); at >= 0 && at < content.Length; at = content.IndexOf('{', at))
        {
            if (Read(content, at, out var key) is { } next)
            {
                places.Add(new Place(key, LabelOf(content, end, at), at, next));
                at = end = next;
            }
            else
            {
                at++;
            }
        }

        return places;
    }

    /// <summary>The first placeholder of each key.</summary>
    public static List<Place> Keys(List<Place> places)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        return places.FindAll(place => seen.Add(place.Key));
    }

    private static string LabelOf(string content, int previousEnd, int placeStart)
    {
        // Looks no further back than the place before: a line of a million places would be read as often.
        var start = content.LastIndexOf('\n', placeStart, placeStart - previousEnd + 1) is var line and >= 0 ? line + 1 : previousEnd;
        return content.Substring(start, placeStart - start).TrimEnd(':', '\uff1a', ' ', '\t', '\u3000').TrimStart();
    }

    /// <summary>Reads a placeholder and returns its end, or null when there is none.</summary>
    private static int? Read(string content, int start, out string key)
    {
        key = "";
        var at = start;
        if (!Skip(content, ref at, '{') || !Skip(content, ref at, '{'))
        {
            return null;
        }

        SkipBlanks(content, ref at);
        var keyStart = at;
        while (at < content.Length && (char.IsLetterOrDigit(content[at]) || content[at] == '_'))
        {
            at++;
        }

        key = content.Substring(keyStart, at - keyStart);
        if (key.Length == 0 || string.CompareOrdinal(content, at, Suffix, 0, Suffix.Length) != 0)
        {
            return null;
        }

        at += Suffix.Length;
        return Skip(content, ref at, '}') && Skip(content, ref at, '}') ? at : null;
    }

    private static bool Skip(string content, ref int at, char expected)
    {
        SkipBlanks(content, ref at);
        if (at < content.Length && content[at] == expected)
        {
            at++;
            return true;
        }

        return false;
    }

    private static void SkipBlanks(string content, ref int at)
    {
        while (at < content.Length && char.IsWhiteSpace(content[at]))
        {
            at++;
        }
    }

    /// <summary>A placeholder for a value.</summary>
    public readonly struct Place(string key, string label, int start, int end)
    {
        public string Key { get; } = key;

        /// <summary>The text before it on its line, without the colon.</summary>
        public string Label { get; } = label;

        public TemplateParameterType Type => TypeOf(Key);

        /// <summary>Position of the first brace.</summary>
        public int Start { get; } = start;

        /// <summary>Position after the last brace.</summary>
        public int End { get; } = end;
    }
}
