using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace WeChat.UnionPush.Generators;

/// <summary>
/// Reads the answer of <c>get_all_private_template</c>, or of <c>newtmpl/gettemplate</c>. The parser is written by hand: an analyzer that ships System.Text.Json conflicts with
/// the compiler's own copy of it.
/// </summary>
internal sealed class TemplateList
{
    private const int DeepestNesting = 32;

    private readonly string _text;
    private int _at;

    private TemplateList(string text) => _text = text;

    /// <summary>The templates in the order of the list.</summary>
    /// <exception cref="TemplateListException">The text is not a template list.</exception>
    public static List<Template> Read(string text) => new TemplateList(text).Root();

    private List<Template> Root()
    {
        List<Template>? templates = null;
        var start = SkipBlanks();
        foreach (var name in Members())
        {
            if (name is "template_list")
            {
                (templates ??= []).AddRange(Templates("template_id", isSubscription: false));
            }
            else if (name is "data")
            {
                (templates ??= []).AddRange(Templates("priTmplId", isSubscription: true));
            }
            else
            {
                Skip(DeepestNesting);
            }
        }

        if (SkipBlanks() < _text.Length)
        {
            throw Expected("the end of the file");
        }

        return templates ?? throw new TemplateListException("it has no \"template_list\"", start);
    }

    private List<Template> Templates(string idName, bool isSubscription)
    {
        var templates = new List<Template>();
        foreach (var _ in Items())
        {
            var start = SkipBlanks();
            string? id = null;
            var title = "";
            string? content = null;
            foreach (var name in Members())
            {
                switch (name)
                {
                    case var _ when name == idName:
                        id = String();
                        break;
                    case "title":
                        title = String();
                        break;
                    case "content":
                        content = String();
                        break;
                    default:
                        Skip(DeepestNesting);
                        break;
                }
            }

            if (string.IsNullOrWhiteSpace(id) || content is null)
            {
                throw new TemplateListException($"a template has no \"{idName}\" or no \"content\"", start);
            }

            templates.Add(new Template(id!, title, content, isSubscription));
        }

        return templates;
    }

    private IEnumerable<string> Members()
    {
        Expect('{');
        if (Take('}'))
        {
            yield break;
        }

        do
        {
            var name = String();
            Expect(':');
            yield return name;
        }
        while (Take(','));
        Expect('}');
    }

    private IEnumerable<int> Items()
    {
        Expect('[');
        if (Take(']'))
        {
            yield break;
        }

        var index = 0;
        do
        {
            yield return index++;
        }
        while (Take(','));
        Expect(']');
    }

    private void Skip(int depth)
    {
        if (depth == 0)
        {
            throw new TemplateListException("it is nested too deeply", _at);
        }

        switch (SkipBlanks() < _text.Length ? _text[_at] : '\0')
        {
            case '{':
                foreach (var _ in Members())
                {
                    Skip(depth - 1);
                }

                break;
            case '[':
                foreach (var _ in Items())
                {
                    Skip(depth - 1);
                }

                break;
            case '"':
                String();
                break;
            default:
                Literal();
                break;
        }
    }

    private void Literal()
    {
        var start = _at;
        while (_at < _text.Length && (char.IsLetterOrDigit(_text[_at]) || _text[_at] is '+' or '-' or '.'))
        {
            _at++;
        }

        var literal = _text.Substring(start, _at - start);
        if (literal is not ("true" or "false" or "null")
            && !double.TryParse(literal, NumberStyles.Float, CultureInfo.InvariantCulture, out _))
        {
            _at = start;
            throw Expected("a value");
        }
    }

    private string String()
    {
        Expect('"');
        var start = _at;
        var value = new StringBuilder();
        while (_at < _text.Length)
        {
            // The platform sometimes leaves control characters unescaped, so they are accepted as text.
            var character = _text[_at++];
            if (character == '"')
            {
                return value.ToString();
            }

            value.Append(character == '\\' ? Escape() : character);
        }

        throw new TemplateListException("a text has no end", start - 1);
    }

    private char Escape()
    {
        switch (_at < _text.Length ? _text[_at++] : '\0')
        {
            case '"':
                return '"';
            case '\\':
                return '\\';
            case '/':
                return '/';
            case 'b':
                return '\b';
            case 'f':
                return '\f';
            case 'n':
                return '\n';
            case 'r':
                return '\r';
            case 't':
                return '\t';
            case 'u' when _at + 4 <= _text.Length
                && ushort.TryParse(_text.Substring(_at, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code):
                _at += 4;
                return (char)code;
            default:
                throw new TemplateListException("a backslash begins no escape that JSON knows", _at - 1);
        }
    }

    private bool Take(char expected)
    {
        if (SkipBlanks() < _text.Length && _text[_at] == expected)
        {
            _at++;
            return true;
        }

        return false;
    }

    private void Expect(char expected)
    {
        if (!Take(expected))
        {
            throw Expected($"'{expected}'");
        }
    }

    private int SkipBlanks()
    {
        while (_at < _text.Length && _text[_at] is ' ' or '\t' or '\r' or '\n')
        {
            _at++;
        }

        return _at;
    }

    private TemplateListException Expected(string what) =>
        new(_at < _text.Length ? $"{what} is expected here" : $"the file ends where {what} is expected", _at);
}
