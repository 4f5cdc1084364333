using System.Text.RegularExpressions;

namespace WeChat.UnionPush.Fuzz;

/// <summary>Pieces that inputs are made of.</summary>
internal static partial class Words
{
    public static readonly string[] Json =
    [
        "{", "}", "[", "]", ",", ":", "\"", "\\", "null", "true", "false", "0", "1", "-1", "1.5", "1e999", "7.2e3", "2147483648", "9223372036854775807", "9223372036854775808",
        "-9223372036854775808", "\"\"", "\" \"", "[]", "{}", "[null]", "\\u0041", "\\ud800", "\\udc00", "\\ud83d\\ude00",
        "\\u0000", "\\u005f", "😀", "中", "\uFEFF", "\u0000", "\u0001",
        "\t", "\n", "\u00A0", "\u3000", "\u200B", "\uFFFE", "//", "/*", "NaN", "\"errcode\":", "\"errmsg\":", "\"$type\":", "\"0\"", "\"1\"", "\" 1\"", "\"+1\"",
    ];

    public static readonly string[] Xml =
    [
        "<", ">", "/>", "</", "<![CDATA[", "]]>", "]]", "<!--", "-->", "<?xml version=\"1.0\"?>", "<!DOCTYPE x [<!ENTITY a \"b\">]>", "&a;",
        "&lt;", "&amp;", "&#x2;", "&#0;", "&#xD800;",
        "&#x10FFFF;", "xmlns=\"a\"", "xmlns:a=\"b\"", "a:", "<xml>", "</xml>", "<a/>", " xml:space=\"preserve\"", "\u0000", "\u0001", "\uFFFE", "\uFFFF", "\uFEFF", "\u3000",
    ];

    /// <summary>Names and values in quotes, with and without them.</summary>
    public static IEnumerable<string> Quoted(IEnumerable<string> texts) =>
        texts.SelectMany(static text => QuotedWord().Matches(text)
            .SelectMany(static match => (string[])[match.Value, match.Value.Trim('"'), match.Value + ":"])).Distinct(StringComparer.Ordinal);

    /// <summary>Names of elements.</summary>
    public static IEnumerable<string> Elements(IEnumerable<string> texts) =>
        texts.SelectMany(static text => ElementName().Matches(text)
            .SelectMany(static match => (string[])[$"<{match.Groups[1].Value}>", $"</{match.Groups[1].Value}>", match.Groups[1].Value]))
            .Distinct(StringComparer.Ordinal);

    [GeneratedRegex("\"[^\"]*\"", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex QuotedWord();

    [GeneratedRegex("<([A-Za-z]+)>", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking, 1000)]
    private static partial Regex ElementName();
}
