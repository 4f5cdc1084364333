using System.Collections.Immutable;
using System.Globalization;

namespace WeChat.UnionPush;

/// <summary>
/// Sets the fields of a message, one by one, from the values a program has: money as <see cref="decimal"/>, moments as <see cref="DateTimeOffset"/>.
/// Everything is formatted the same way in every culture. Template messages and subscribe messages have the same types of fields.
/// </summary>
/// <remarks>
/// <para>The method decides how a value is written. The type in the key (<c>thing1</c>, <c>amount2</c>) decides what the platform accepts there.
/// They need not agree: <c>Time("thing4", …)</c> and <c>Amount("keyword2", …)</c> are fine. Whether the text fits its key is checked by the message's
/// <c>Validate</c> and before every send, not here.</para>
/// <para>A builder is not thread-safe. It can be used further after its message was built; messages already built do not change.</para>
/// </remarks>
/// <typeparam name="TBuilder">The builder itself, so that calls can be chained.</typeparam>
public abstract class MessageFieldsBuilder<TBuilder>
    where TBuilder : MessageFieldsBuilder<TBuilder>
{
    private const string DateFormat = "yyyy年M月d日";
    private const string MomentFormat = "yyyy年M月d日 HH:mm";
    private const string TimeFormat = "HH:mm";

    // Made here, because a machine without time zone data does not know Asia/Shanghai. China has had no daylight saving time since 1991.
    private static readonly TimeZoneInfo ChinaTime = TimeZoneInfo.CreateCustomTimeZone("UTC+08", TimeSpan.FromHours(8), "China time", "China time");

    private TemplateField[] _fields = new TemplateField[6];
    private int _count;
    private TimeZoneInfo _timeZone = ChinaTime;

    private protected MessageFieldsBuilder(string templateId)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(templateId);
        TemplateId = templateId;
    }

    private protected string TemplateId { get; }

    private protected TemplateValuePolicy? ValuePolicy { get; private set; }

    /// <summary>Sets a field to a text, unchanged. Any key and any text are allowed.</summary>
    /// <param name="key">Key as the template has it.</param>
    /// <param name="text">The text.</param>
    /// <exception cref="ArgumentException">The key is empty or set already, or the text is null.</exception>
    public TBuilder Set(string key, string text) => Add(key, text, color: null);

    /// <summary>Sets a <c>thing</c> (事物): at most 20 characters of any kind.</summary>
    /// <inheritdoc cref="Set(string, string)"/>
    public TBuilder Thing(string key, string text) => Set(key, text);

    /// <summary>Sets a <c>character_string</c> (字符串): at most 32 digits, letters or symbols, such as an order number.</summary>
    /// <inheritdoc cref="Set(string, string)"/>
    public TBuilder CharacterString(string key, string text) => Set(key, text);

    /// <summary>Sets a <c>time</c> (时间) to a moment, shown as <c>2026年11月22日 10:00</c> in the message's time zone.</summary>
    /// <param name="key">Key as the template has it.</param>
    /// <param name="moment">The moment. Its own offset is converted to the message's time zone (<see cref="InTimeZone"/>, China time by default).</param>
    /// <exception cref="ArgumentException">The key is empty or set already.</exception>
    public TBuilder Time(string key, DateTimeOffset moment) => Set(key, Format(Shown(moment), MomentFormat));

    /// <summary>Sets a <c>time</c> (时间) to a moment, shown as <c>2026年11月22日 10:00</c>.</summary>
    /// <param name="key">Key as the template has it.</param>
    /// <param name="moment">The moment. <see cref="DateTimeKind.Utc"/> and <see cref="DateTimeKind.Local"/> are converted to the message's time
    /// zone; <see cref="DateTimeKind.Unspecified"/> is treated as already in that zone.</param>
    /// <exception cref="ArgumentException">The key is empty or set already.</exception>
    public TBuilder Time(string key, DateTime moment) => Set(key, Format(Shown(moment), MomentFormat));

    /// <summary>Sets a <c>time</c> (时间) to a time of day, shown as <c>15:01</c>.</summary>
    /// <param name="key">Key as the template has it.</param>
    /// <param name="time">Time of day, shown as it is.</param>
    /// <exception cref="ArgumentException">The key is empty or set already.</exception>
    public TBuilder Time(string key, TimeOnly time) => Set(key, time.ToString(TimeFormat, CultureInfo.InvariantCulture));

    /// <summary>Sets a <c>time</c> or <c>date</c> to a span of time, shown as <c>2026年11月22日 10:00~12:00</c>, or with both dates when they differ.</summary>
    /// <param name="key">Key as the template has it.</param>
    /// <param name="start">Start, shown in the message's time zone.</param>
    /// <param name="end">End; not before <paramref name="start"/>.</param>
    /// <exception cref="ArgumentException">The key is empty or set already, or the end comes before the start.</exception>
    public TBuilder TimeRange(string key, DateTimeOffset start, DateTimeOffset end) => SetTimeRange(key, Shown(start), Shown(end));

    /// <summary>Sets a <c>time</c> or <c>date</c> to a span of time, shown as <c>2026年11月22日 10:00~12:00</c>, or with both dates when they differ.</summary>
    /// <param name="key">Key as the template has it.</param>
    /// <param name="start">Start, read like the moment of <see cref="Time(string, DateTime)"/>.</param>
    /// <param name="end">End; not before <paramref name="start"/>.</param>
    /// <exception cref="ArgumentException">The key is empty or set already, or the end comes before the start.</exception>
    public TBuilder TimeRange(string key, DateTime start, DateTime end) => SetTimeRange(key, Shown(start), Shown(end));

    /// <summary>Sets a <c>time</c> (时间) to a range of times of day, such as opening hours, shown as <c>09:00~17:30</c>.</summary>
    /// <param name="key">Key as the template has it.</param>
    /// <param name="start">Start, shown as it is.</param>
    /// <param name="end">End; an end before <paramref name="start"/> means the next day.</param>
    /// <exception cref="ArgumentException">The key is empty or set already.</exception>
    public TBuilder TimeRange(string key, TimeOnly start, TimeOnly end) =>
        Set(key, string.Create(CultureInfo.InvariantCulture, $"{start:HH:mm}~{end:HH:mm}"));

    /// <summary>Sets a <c>date</c> (日期), shown as <c>2026年11月22日</c>.</summary>
    /// <param name="key">Key as the template has it.</param>
    /// <param name="date">The date, shown as it is.</param>
    /// <exception cref="ArgumentException">The key is empty or set already.</exception>
    public TBuilder Date(string key, DateOnly date) => Set(key, date.ToString(DateFormat, CultureInfo.InvariantCulture));

    /// <summary>Sets a <c>date</c> (日期) to the day of a moment in the message's time zone, shown as <c>2026年11月22日</c>.</summary>
    /// <param name="key">Key as the template has it.</param>
    /// <param name="moment">The moment; use <see cref="Time(string, DateTimeOffset)"/> to show the time too.</param>
    /// <exception cref="ArgumentException">The key is empty or set already.</exception>
    public TBuilder Date(string key, DateTimeOffset moment) => Set(key, Format(Shown(moment), DateFormat));

    /// <summary>Sets a <c>date</c> (日期) to the day of a moment, shown as <c>2026年11月22日</c>.</summary>
    /// <param name="key">Key as the template has it.</param>
    /// <param name="moment">The moment, read like that of <see cref="Time(string, DateTime)"/>.</param>
    /// <exception cref="ArgumentException">The key is empty or set already.</exception>
    public TBuilder Date(string key, DateTime moment) => Set(key, Format(Shown(moment), DateFormat));

    /// <summary>Sets a <c>date</c> (日期) to a span of days, shown as <c>2026年10月1日~2026年10月7日</c>.</summary>
    /// <param name="key">Key as the template has it.</param>
    /// <param name="start">First day.</param>
    /// <param name="end">Last day; not before <paramref name="start"/>.</param>
    /// <exception cref="ArgumentException">The key is empty or set already, or the end comes before the start.</exception>
    public TBuilder DateRange(string key, DateOnly start, DateOnly end)
    {
        RefuseReversed(key, end < start, nameof(end));
        return Set(key, string.Create(CultureInfo.InvariantCulture, $"{start:yyyy年M月d日}~{end:yyyy年M月d日}"));
    }

    /// <summary>Sets an <c>amount</c> (金额), shown as <c>¥39.80</c>: at least two decimals, and never rounded.</summary>
    /// <param name="key">Key as the template has it.</param>
    /// <param name="amount">The amount. A key of the type <c>amount</c> takes at most ten digits before the decimal point, and nothing negative.</param>
    /// <param name="currencySign">One sign before the number, <c>¥</c> (yuan) by default; empty for none.</param>
    /// <exception cref="ArgumentException">The key is empty or set already.</exception>
    public TBuilder Amount(string key, decimal amount, string currencySign = "¥")
    {
        ArgumentNullException.ThrowIfNull(currencySign);
        return Set(key, string.Create(
            CultureInfo.InvariantCulture,
            $"{(amount < 0 ? "-" : "")}{currencySign}{Math.Abs(amount):0.00##########################}"));
    }

    /// <summary>Sets a <c>phone_number</c> (电话): at most 17 digits and symbols, such as <c>+86-0766-66888866</c>.</summary>
    /// <inheritdoc cref="Set(string, string)"/>
    public TBuilder PhoneNumber(string key, string text) => Set(key, text);

    /// <summary>Sets a <c>car_number</c> (车牌号码): at most 8 letters and digits, where the first and the last may be Chinese, such as <c>粤A8Z888挂</c>.</summary>
    /// <inheritdoc cref="Set(string, string)"/>
    public TBuilder CarNumber(string key, string text) => Set(key, text);

    /// <summary>Sets a <c>phrase</c> (汉字): at most 5 Chinese characters and nothing else, such as <c>配送中</c>.</summary>
    /// <inheritdoc cref="Set(string, string)"/>
    public TBuilder Phrase(string key, string text) => Set(key, text);

    /// <summary>Sets a <c>number</c> (数字), with the decimals the value has.</summary>
    /// <param name="key">Key as the template has it.</param>
    /// <param name="number">The number; its scale is kept (<c>1.50m</c> is shown as <c>1.50</c>). A key of the type <c>number</c> takes nothing negative.</param>
    /// <exception cref="ArgumentException">The key is empty or set already.</exception>
    public TBuilder Number(string key, decimal number) => Set(key, number.ToString(CultureInfo.InvariantCulture));

    /// <summary>Sets a <c>letter</c> (字母): at most 32 Latin letters.</summary>
    /// <inheritdoc cref="Set(string, string)"/>
    public TBuilder Letter(string key, string text) => Set(key, text);

    /// <summary>Sets a <c>symbol</c> (符号): at most 5 symbols.</summary>
    /// <inheritdoc cref="Set(string, string)"/>
    public TBuilder Symbol(string key, string text) => Set(key, text);

    /// <summary>Sets a <c>name</c> (姓名): at most 10 characters when one of them is Chinese, otherwise at most 20; no digits.</summary>
    /// <inheritdoc cref="Set(string, string)"/>
    public TBuilder Name(string key, string text) => Set(key, text);

    /// <summary>Sets a <c>const</c> (常量): one of the values that were approved with the template, at most 20 characters.</summary>
    /// <inheritdoc cref="Set(string, string)"/>
    public TBuilder Const(string key, string text) => Set(key, text);

    /// <summary>Sets an <c>enum</c> (枚举): a value of the template's own list.</summary>
    /// <inheritdoc cref="Set(string, string)"/>
    public TBuilder Enum(string key, string text) => Set(key, text);

    /// <summary>Sets a <c>short_thing</c>, whose limit is not documented.</summary>
    /// <inheritdoc cref="Set(string, string)"/>
    public TBuilder ShortThing(string key, string text) => Set(key, text);

    /// <summary>Sets for this message what to do with values that do not fit. Without it the registration's policy applies.</summary>
    /// <param name="policy">The policy.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="policy"/> is not a defined value.</exception>
    public TBuilder WhenValuesDoNotFit(TemplateValuePolicy policy)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)policy, (uint)TemplateValuePolicy.PassThrough, nameof(policy));
        ValuePolicy = policy;
        return (TBuilder)this;
    }

    /// <summary>Shows the moments that are set after this call in a zone other than China time (UTC+8).</summary>
    /// <param name="timeZone">The zone, with its daylight saving rules.</param>
    public TBuilder InTimeZone(TimeZoneInfo timeZone)
    {
        ArgumentNullException.ThrowIfNull(timeZone);
        _timeZone = timeZone;
        return (TBuilder)this;
    }

    private protected ImmutableArray<TemplateField> Fields() => _count == 0
        ? throw new InvalidOperationException($"The message of the template '{TemplateId}' has no field.")
        : ImmutableArray.Create(_fields, 0, _count);

    private protected TBuilder Add(string key, string text, string? color)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(key);
        if (text is null)
        {
            throw new ArgumentNullException(nameof(text), $"The text of the field '{key}' is null. Leave the field out or give it a text.");
        }

        foreach (ref readonly var field in _fields.AsSpan(0, _count))
        {
            if (string.Equals(field.Key, key, StringComparison.Ordinal))
            {
                throw new ArgumentException($"The field '{key}' is set already.", nameof(key));
            }
        }

        if (_count == _fields.Length)
        {
            Array.Resize(ref _fields, _count * 2);
        }

        _fields[_count++] = new(key, text, color);
        return (TBuilder)this;
    }

    private static string Format(DateTime shown, string format) => shown.ToString(format, CultureInfo.InvariantCulture);

    private static void RefuseReversed(string key, bool reversed, string parameter)
    {
        if (reversed)
        {
            throw new ArgumentException($"The range of the field '{key}' ends before it starts.", parameter);
        }
    }

    private TBuilder SetTimeRange(string key, DateTime start, DateTime end)
    {
        RefuseReversed(key, end < start, nameof(end));
        return Set(key, start.Date == end.Date
            ? string.Create(CultureInfo.InvariantCulture, $"{start:yyyy年M月d日 HH:mm}~{end:HH:mm}")
            : string.Create(CultureInfo.InvariantCulture, $"{start:yyyy年M月d日 HH:mm}~{end:yyyy年M月d日 HH:mm}"));
    }

    private DateTime Shown(DateTimeOffset moment) => TimeZoneInfo.ConvertTime(moment, _timeZone).DateTime;

    private DateTime Shown(DateTime moment) =>
        moment.Kind == DateTimeKind.Unspecified ? moment : TimeZoneInfo.ConvertTime(moment, _timeZone);
}
