namespace WeChat.UnionPush;

/// <summary>
/// The parameter type (参数类型) that a key's name carries: <c>thing1</c> is a <c>thing</c>. It decides which values the platform accepts.
/// </summary>
public enum TemplateParameterType
{
    /// <summary>No type that is known: a key of a historical template (<c>first</c>, <c>keyword1</c>, <c>remark</c>, any word), or a new type. Takes anything.</summary>
    Untyped = 0,

    /// <summary><c>thing</c> (事物): at most 20 characters of any kind.</summary>
    Thing,

    /// <summary><c>character_string</c> (字符串): at most 32 digits, letters or symbols, no Chinese.</summary>
    CharacterString,

    /// <summary><c>time</c> (时间): a time of 24 hours, a date, or both, or two of them joined with <c>~</c>.</summary>
    Time,

    /// <summary><c>date</c> (日期): a date (year and month, or month and day, will do) with or without a time, or two of them joined with <c>~</c>.</summary>
    Date,

    /// <summary><c>amount</c> (金额): at most one currency sign and 10 digits before the decimal point; may end in 元.</summary>
    Amount,

    /// <summary><c>phone_number</c> (电话): at most 17 digits and symbols.</summary>
    PhoneNumber,

    /// <summary><c>car_number</c> (车牌号码): at most 8 letters and digits, of which the first and the last may be Chinese.</summary>
    CarNumber,

    /// <summary><c>const</c> (常量): one of the values approved with the template, at most 20 characters.</summary>
    Const,

    /// <summary><c>phrase</c> (汉字): at most 5 Chinese characters and nothing else.</summary>
    Phrase,

    /// <summary><c>number</c> (数字): at most 32 digits, decimals included.</summary>
    Number,

    /// <summary><c>letter</c> (字母): at most 32 Latin letters.</summary>
    Letter,

    /// <summary><c>symbol</c> (符号): at most 5 symbols.</summary>
    Symbol,

    /// <summary><c>name</c> (姓名): at most 10 characters when one of them is Chinese, otherwise at most 20; letters, symbols and blanks besides, no digits.</summary>
    Name,

    /// <summary><c>enum</c>, <c>enum_string</c> (枚举): a value of the template's own list, which no API tells.</summary>
    Enum,

    /// <summary><c>short_thing</c>: exists and is documented nowhere; only an empty value is known to be refused.</summary>
    ShortThing,
}
