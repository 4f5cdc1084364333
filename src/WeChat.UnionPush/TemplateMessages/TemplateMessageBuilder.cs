using System.Collections.Immutable;
using System.Globalization;

namespace WeChat.UnionPush;

/// <summary>
/// Builds a <see cref="TemplateMessage"/>, field by field, from the values a program has: money as <see cref="decimal"/>, moments as
/// <see cref="DateTimeOffset"/>. Everything is formatted the same way in every culture.
/// </summary>
/// <remarks>
/// <para>The method says how a value is written; the type in the key (<c>thing1</c>, <c>amount2</c>) says what the platform accepts there.
/// Both need not agree: <c>Time("thing4", …)</c> and <c>Amount("keyword2", …)</c> are fine. Whether the text fits its key is judged by
/// <see cref="TemplateMessage.Validate"/> and before every send, not here.</para>
/// <para>A builder belongs to one thread. It may go on after <see cref="Build"/>; messages already built do not change.</para>
/// </remarks>
public sealed class TemplateMessageBuilder
{
    private const string DateFormat = "yyyy年M月d日";
    private const string MomentFormat = "yyyy年M月d日 HH:mm";
    private const string TimeFormat = "HH:mm";

    // Made here, because a machine without time zone data knows no Asia/Shanghai; China has had no summer time since 1991.
    private static readonly TimeZoneInfo ChinaTime = TimeZoneInfo.CreateCustomTimeZone("UTC+08", TimeSpan.FromHours(8), "China time", "China time");

    private readonly string _templateId;
    private TemplateField[] _fields = new TemplateField[6];
    private int _count;
    private string? _url;
    private MiniProgramLink? _miniProgram;
    private string? _clientMessageId;
    private string? _correlationId;
    private TemplateValuePolicy? _valuePolicy;
    private TimeZoneInfo _timeZone = ChinaTime;

    internal TemplateMessageBuilder(string templateId)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(templateId);
        _templateId = templateId;
    }

    /// <summary>Sets a field to a text as it is: any key, any text.</summary>
    /// <param name="key">Key as the template has it.</param>
    /// <param name="text">The text.</param>
    /// <param name="color">Colour such as <c>#173177</c>; accepted by the platform and not shown since May 2023.</param>
    /// <exception cref="ArgumentException">The key is empty or set already, or the text is null.</exception>
    public TemplateMessageBuilder Set(string key, string text, string? color = null)
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
        return this;
    }

    /// <summary>Sets a <c>thing</c> (事物): at most 20 characters of any kind.</summary>
    /// <inheritdoc cref="Set"/>
    public TemplateMessageBuilder Thing(string key, string text) => Set(key, text);

    /// <summary>Sets a <c>character_string</c> (字符串): at most 32 digits, letters or symbols, such as an order number.</summary>
    /// <inheritdoc cref="Set"/>
    public TemplateMessageBuilder CharacterString(string key, string text) => Set(key, text);

    /// <summary>Sets a <c>time</c> (时间) to a moment, shown as <c>2026年11月22日 10:00</c> in the message's time zone.</summary>
    /// <param name="key">Key as the template has it.</param>
    /// <param name="moment">The moment. Its own offset is converted to the message's time zone (<see cref="InTimeZone"/>, China time by default).</param>
    /// <exception cref="ArgumentException">The key is empty or set already.</exception>
    public TemplateMessageBuilder Time(string key, DateTimeOffset moment) => Set(key, Format(Shown(moment), MomentFormat));

    /// <summary>Sets a <c>time</c> (时间) to a moment, shown as <c>2026年11月22日 10:00</c>.</summary>
    /// <param name="key">Key as the template has it.</param>
    /// <param name="moment">The moment. <see cref="DateTimeKind.Utc"/> and <see cref="DateTimeKind.Local"/> are converted to the message's time
    /// zone; <see cref="DateTimeKind.Unspecified"/> is taken to be in that zone already.</param>
    /// <exception cref="ArgumentException">The key is empty or set already.</exception>
    public TemplateMessageBuilder Time(string key, DateTime moment) => Set(key, Format(Shown(moment), MomentFormat));

    /// <summary>Sets a <c>time</c> (时间) to a time of day, shown as <c>15:01</c>.</summary>
    /// <param name="key">Key as the template has it.</param>
    /// <param name="time">Time of day, shown as it is.</param>
    /// <exception cref="ArgumentException">The key is empty or set already.</exception>
    public TemplateMessageBuilder Time(string key, TimeOnly time) => Set(key, time.ToString(TimeFormat, CultureInfo.InvariantCulture));

    /// <summary>Sets a <c>time</c> or <c>date</c> to a span of time, shown as <c>2026年11月22日 10:00~12:00</c>, or with both dates when they differ.</summary>
    /// <param name="key">Key as the template has it.</param>
    /// <param name="start">Begin, shown in the message's time zone.</param>
    /// <param name="end">End; not before <paramref name="start"/>.</param>
    /// <exception cref="ArgumentException">The key is empty or set already, or the end comes before the start.</exception>
    public TemplateMessageBuilder TimeRange(string key, DateTimeOffset start, DateTimeOffset end) => SetTimeRange(key, Shown(start), Shown(end));

    /// <summary>Sets a <c>time</c> or <c>date</c> to a span of time, shown as <c>2026年11月22日 10:00~12:00</c>, or with both dates when they differ.</summary>
    /// <param name="key">Key as the template has it.</param>
    /// <param name="start">Begin, read like the moment of <see cref="Time(string, DateTime)"/>.</param>
    /// <param name="end">End; not before <paramref name="start"/>.</param>
    /// <exception cref="ArgumentException">The key is empty or set already, or the end comes before the start.</exception>
    public TemplateMessageBuilder TimeRange(string key, DateTime start, DateTime end) => SetTimeRange(key, Shown(start), Shown(end));

    /// <summary>Sets a <c>time</c> (时间) to opening hours and the like, shown as <c>09:00~17:30</c>.</summary>
    /// <param name="key">Key as the template has it.</param>
    /// <param name="start">Begin, shown as it is.</param>
    /// <param name="end">End; one before <paramref name="start"/> means the next day.</param>
    /// <exception cref="ArgumentException">The key is empty or set already.</exception>
    public TemplateMessageBuilder TimeRange(string key, TimeOnly start, TimeOnly end) =>
        Set(key, string.Create(CultureInfo.InvariantCulture, $"{start:HH:mm}~{end:HH:mm}"));

    /// <summary>Sets a <c>date</c> (日期), shown as <c>2026年11月22日</c>.</summary>
    /// <param name="key">Key as the template has it.</param>
    /// <param name="date">The date, shown as it is.</param>
    /// <exception cref="ArgumentException">The key is empty or set already.</exception>
    public TemplateMessageBuilder Date(string key, DateOnly date) => Set(key, date.ToString(DateFormat, CultureInfo.InvariantCulture));

    /// <summary>Sets a <c>date</c> (日期) to the day of a moment in the message's time zone, shown as <c>2026年11月22日</c>.</summary>
    /// <param name="key">Key as the template has it.</param>
    /// <param name="moment">The moment; use <see cref="Time(string, DateTimeOffset)"/> to show the time too.</param>
    /// <exception cref="ArgumentException">The key is empty or set already.</exception>
    public TemplateMessageBuilder Date(string key, DateTimeOffset moment) => Set(key, Format(Shown(moment), DateFormat));

    /// <summary>Sets a <c>date</c> (日期) to the day of a moment, shown as <c>2026年11月22日</c>.</summary>
    /// <param name="key">Key as the template has it.</param>
    /// <param name="moment">The moment, read like that of <see cref="Time(string, DateTime)"/>.</param>
    /// <exception cref="ArgumentException">The key is empty or set already.</exception>
    public TemplateMessageBuilder Date(string key, DateTime moment) => Set(key, Format(Shown(moment), DateFormat));

    /// <summary>Sets a <c>date</c> (日期) to a span of days, shown as <c>2026年10月1日~2026年10月7日</c>.</summary>
    /// <param name="key">Key as the template has it.</param>
    /// <param name="start">First day.</param>
    /// <param name="end">Last day; not before <paramref name="start"/>.</param>
    /// <exception cref="ArgumentException">The key is empty or set already, or the end comes before the start.</exception>
    public TemplateMessageBuilder DateRange(string key, DateOnly start, DateOnly end)
    {
        RefuseReversed(key, end < start, nameof(end));
        return Set(key, string.Create(CultureInfo.InvariantCulture, $"{start:yyyy年M月d日}~{end:yyyy年M月d日}"));
    }

    /// <summary>Sets an <c>amount</c> (金额), shown as <c>¥39.80</c>: at least two decimals, and never rounded.</summary>
    /// <param name="key">Key as the template has it.</param>
    /// <param name="amount">The amount. A key of the type <c>amount</c> takes at most ten digits before the decimal point, and nothing negative.</param>
    /// <param name="currencySign">One sign before the number, <c>¥</c> (yuan) by default; empty for none.</param>
    /// <exception cref="ArgumentException">The key is empty or set already.</exception>
    public TemplateMessageBuilder Amount(string key, decimal amount, string currencySign = "¥")
    {
        ArgumentNullException.ThrowIfNull(currencySign);
        return Set(key, string.Create(
            CultureInfo.InvariantCulture,
            $"{(amount < 0 ? "-" : "")}{currencySign}{Math.Abs(amount):0.00##########################}"));
    }

    /// <summary>Sets a <c>phone_number</c> (电话): at most 17 digits and symbols, such as <c>+86-0766-66888866</c>.</summary>
    /// <inheritdoc cref="Set"/>
    public TemplateMessageBuilder PhoneNumber(string key, string text) => Set(key, text);

    /// <summary>Sets a <c>car_number</c> (车牌号码): at most 8 letters and digits, of which the first and the last may be Chinese, such as <c>粤A8Z888挂</c>.</summary>
    /// <inheritdoc cref="Set"/>
    public TemplateMessageBuilder CarNumber(string key, string text) => Set(key, text);

    /// <summary>Sets a <c>phrase</c> (汉字): at most 5 Chinese characters and nothing else, such as <c>配送中</c>.</summary>
    /// <inheritdoc cref="Set"/>
    public TemplateMessageBuilder Phrase(string key, string text) => Set(key, text);

    /// <summary>Sets a <c>number</c> (数字), with the decimals the value has.</summary>
    /// <param name="key">Key as the template has it.</param>
    /// <param name="number">The number; its scale is kept (<c>1.50m</c> is shown as <c>1.50</c>). A key of the type <c>number</c> takes nothing negative.</param>
    /// <exception cref="ArgumentException">The key is empty or set already.</exception>
    public TemplateMessageBuilder Number(string key, decimal number) => Set(key, number.ToString(CultureInfo.InvariantCulture));

    /// <summary>Sets a <c>letter</c> (字母): at most 32 Latin letters.</summary>
    /// <inheritdoc cref="Set"/>
    public TemplateMessageBuilder Letter(string key, string text) => Set(key, text);

    /// <summary>Sets a <c>symbol</c> (符号): at most 5 symbols.</summary>
    /// <inheritdoc cref="Set"/>
    public TemplateMessageBuilder Symbol(string key, string text) => Set(key, text);

    /// <summary>Sets a <c>name</c> (姓名): at most 10 characters when one of them is Chinese, otherwise at most 20; no digits.</summary>
    /// <inheritdoc cref="Set"/>
    public TemplateMessageBuilder Name(string key, string text) => Set(key, text);

    /// <summary>Sets a <c>const</c> (常量): one of the values that were approved with the template, at most 20 characters.</summary>
    /// <inheritdoc cref="Set"/>
    public TemplateMessageBuilder Const(string key, string text) => Set(key, text);

    /// <summary>Sets an <c>enum</c> (枚举): a value of the template's own list.</summary>
    /// <inheritdoc cref="Set"/>
    public TemplateMessageBuilder Enum(string key, string text) => Set(key, text);

    /// <summary>Sets a <c>short_thing</c>, whose limit is documented nowhere.</summary>
    /// <inheritdoc cref="Set"/>
    public TemplateMessageBuilder ShortThing(string key, string text) => Set(key, text);

    /// <summary>Page that a tap opens. Beside <see cref="OpenMiniProgram"/>, only clients too old for Mini Programs use it.</summary>
    /// <param name="url">Address that begins with <c>http://</c> or <c>https://</c>.</param>
    /// <exception cref="ArgumentException"><paramref name="url"/> is no such address.</exception>
    public TemplateMessageBuilder Url(string url)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(url);
        if (!url.StartsWith("https://", StringComparison.OrdinalIgnoreCase) && !url.StartsWith("http://", StringComparison.OrdinalIgnoreCase))
        {
            throw new ArgumentException("The url of a template message begins with http:// or https://.", nameof(url));
        }

        _url = url;
        return this;
    }

    /// <summary>Mini Program page that a tap opens.</summary>
    /// <param name="appId">App id of a published Mini Program that is associated (关联) with the Official Account.</param>
    /// <param name="pagePath">Page with its parameters, such as <c>pages/order?id=42</c>; <see langword="null"/> opens the home page.</param>
    /// <exception cref="ArgumentException"><paramref name="appId"/> is empty, or <paramref name="pagePath"/> is empty and not null.</exception>
    public TemplateMessageBuilder OpenMiniProgram(string appId, string? pagePath = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(appId);
        if (pagePath is not null)
        {
            ArgumentException.ThrowIfNullOrWhiteSpace(pagePath);
        }

        _miniProgram = new(appId, pagePath);
        return this;
    }

    /// <summary>
    /// Derives the anti-duplicate id from a key of the host's own, so that one command delivered twice sends one message. Keys may be as long
    /// as they like; the same key with another template or another recipient is another message.
    /// </summary>
    /// <remarks>The platform remembers an id for ten minutes. A command that comes back later than that is sent again, so a host whose queue
    /// keeps commands longer has to remember itself what it has sent.</remarks>
    /// <param name="key">What the message is about, such as <c>order-paid/42</c>.</param>
    /// <exception cref="ArgumentException"><paramref name="key"/> is empty or blank.</exception>
    public TemplateMessageBuilder IdempotencyKey(string key)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(key);
        _clientMessageId = ClientMessageIds.From(_templateId, key);
        return this;
    }

    /// <summary>Sets the anti-duplicate id (<c>client_msg_id</c>) itself. It and <see cref="IdempotencyKey"/> set the same thing; the last call counts.</summary>
    /// <param name="clientMessageId">1 to 32 characters of <c>A-Z a-z 0-9 _ -</c>; a <see cref="Guid"/> in the form <c>N</c> is exactly 32.</param>
    /// <exception cref="ArgumentException"><paramref name="clientMessageId"/> is longer or has other characters.</exception>
    public TemplateMessageBuilder ClientMessageId(string clientMessageId)
    {
        ArgumentNullException.ThrowIfNull(clientMessageId);
        if (!ClientMessageIds.IsValid(clientMessageId))
        {
            throw new ArgumentException("A client message id has 1 to 32 characters of A-Z, a-z, 0-9, '_' and '-'.", nameof(clientMessageId));
        }

        _clientMessageId = clientMessageId;
        return this;
    }

    /// <summary>
    /// Names what the message is about, so that its receipt can be found under the name. Costs nothing where the registration keeps no receipts.
    /// </summary>
    /// <param name="correlationId">A name of the host's own, such as <c>order-42</c>, of 1 to 128 characters. Several messages may share it.</param>
    /// <exception cref="ArgumentException"><paramref name="correlationId"/> is empty, longer, or has control characters.</exception>
    public TemplateMessageBuilder CorrelationId(string correlationId)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(correlationId);
        if (correlationId.Any(char.IsControl))
        {
            throw new ArgumentException("A correlation id has no control characters.", nameof(correlationId));
        }

        _correlationId = PlatformId.Checked(correlationId, nameof(correlationId));
        return this;
    }

    /// <summary>Chooses for this message what becomes of values that do not fit; without it the registration's choice counts.</summary>
    /// <param name="policy">The choice.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="policy"/> is no defined value.</exception>
    public TemplateMessageBuilder WhenValuesDoNotFit(TemplateValuePolicy policy)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)policy, (uint)TemplateValuePolicy.PassThrough, nameof(policy));
        _valuePolicy = policy;
        return this;
    }

    /// <summary>Shows the moments that are set after this call in another zone than China time (UTC+8).</summary>
    /// <param name="timeZone">The zone, with its rules for summer time.</param>
    public TemplateMessageBuilder InTimeZone(TimeZoneInfo timeZone)
    {
        ArgumentNullException.ThrowIfNull(timeZone);
        _timeZone = timeZone;
        return this;
    }

    /// <summary>Makes the message of what has been set so far.</summary>
    /// <exception cref="InvalidOperationException">No field was set; the platform refuses a message without data.</exception>
    public TemplateMessage Build() => _count == 0
        ? throw new InvalidOperationException($"The message of the template '{_templateId}' has no field.")
        : new(_templateId, ImmutableArray.Create(_fields, 0, _count), _url, _miniProgram, _clientMessageId, _valuePolicy, _correlationId);

    private static string Format(DateTime shown, string format) => shown.ToString(format, CultureInfo.InvariantCulture);

    private static void RefuseReversed(string key, bool reversed, string parameter)
    {
        if (reversed)
        {
            throw new ArgumentException($"The range of the field '{key}' ends before it starts.", parameter);
        }
    }

    private TemplateMessageBuilder SetTimeRange(string key, DateTime start, DateTime end)
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
