using System;
using System.Collections.Generic;

namespace WeChat.UnionPush;

/// <summary>
/// Reads a template's <c>content</c>, such as <c>领奖金额:{{withdrawMoney.DATA}}</c>. The source generator compiles this file too, so that
/// both see the same keys; it therefore keeps to what .NET Standard 2.0 has.
/// </summary>
internal static class TemplateContent
{
    private const string Suffix = ".DATA";

    // In the order of TemplateParameterType.
    private static readonly string[] Types =
    [
        "", "thing", "character_string", "time", "date", "amount", "phone_number", "car_number", "const", "phrase", "number", "letter", "symbol",
        "name", "enum", "short_thing",
    ];

    /// <summary>The word of a type in keys, such as <c>character_string</c>.</summary>
    public static string WordOf(TemplateParameterType type) => Types[(int)type];

    /// <summary>The type in a key: a known word and at least one digit after it.</summary>
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
        }

        return TemplateParameterType.Untyped;
    }

    /// <summary>The places of the content that a value goes to, in order. Some published copies have blanks between the braces.</summary>
    public static List<Place> Parse(string content)
    {
        var places = new List<Place>();
        for (var at = content.IndexOf('{'); at >= 0 && at < content.Length; at = content.IndexOf('{', at))
        {
            if (Read(content, at) is { } place)
            {
                places.Add(place);
                at = place.End;
            }
            else
            {
                at++;
            }
        }

        return places;
    }

    /// <summary>The text that stands before a place, on its line and after the place before it, without the colon.</summary>
    public static string LabelOf(string content, Place place, int previousEnd)
    {
        var start = Math.Max(previousEnd, content.LastIndexOf('\n', place.Start) + 1);
        return content.Substring(start, place.Start - start).Trim().TrimEnd(':', '\uff1a', ' ', '\u3000').Trim();
    }

    private static Place? Read(string content, int start)
    {
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

        var key = content.Substring(keyStart, at - keyStart);
        if (key.Length == 0 || string.CompareOrdinal(content, at, Suffix, 0, Suffix.Length) != 0)
        {
            return null;
        }

        at += Suffix.Length;
        return Skip(content, ref at, '}') && Skip(content, ref at, '}') ? new Place(key, start, at) : null;
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

    /// <summary>Where a value goes: from the first brace up to the end behind the last one.</summary>
    public readonly struct Place(string key, int start, int end)
    {
        public string Key { get; } = key;

        public int Start { get; } = start;

        public int End { get; } = end;
    }
}
