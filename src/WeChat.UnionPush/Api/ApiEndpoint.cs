using System.Text.Json.Serialization.Metadata;

namespace WeChat.UnionPush;

/// <summary>What is known about one API before it is called.</summary>
internal abstract class ApiEndpoint(HttpMethod method, string path, ApiRepeat repeat)
{
    public HttpMethod Method { get; } = method;

    public string Path { get; } = path;

    public ApiRepeat Repeat { get; } = repeat;

    /// <summary>Whether its answer holds a token or a session key, so an unreadable answer is almost entirely withheld.</summary>
    public bool AnswersSecret { get; init; }

    /// <summary>The expected size of a body in bytes, so that its buffer need not grow.</summary>
    public int BodySize { get; init; } = PooledBuffer.DefaultCapacity;

    /// <summary>Which of the account's limits apply to its calls.</summary>
    public ApiPace Pace { get; init; }

    /// <summary>Reads an answer; <see langword="null"/> when it is no JSON of its kind.</summary>
    public abstract ApiAnswer? Read(ReadOnlySpan<byte> body);
}

/// <summary>An API and how its answer is read.</summary>
/// <param name="method">The method.</param>
/// <param name="path">The path, from its slash on.</param>
/// <param name="repeat">When a failed call may be made again.</param>
/// <param name="answer">How its answer is read. Asked for at the first answer, for it takes time to make, and few hosts call every API.</param>
internal sealed class ApiEndpoint<TAnswer>(HttpMethod method, string path, ApiRepeat repeat, Func<JsonTypeInfo<TAnswer>> answer) : ApiEndpoint(method, path, repeat)
    where TAnswer : ApiAnswer
{
    public override ApiAnswer? Read(ReadOnlySpan<byte> body) => AnswerReader.Parse(answer(), body);
}

/// <summary>When a failed call may be made again.</summary>
internal enum ApiRepeat
{
    /// <summary>Calling twice does no harm, so also when the outcome of the first call is not known.</summary>
    Always,

    /// <summary>Only when the platform said that it was busy, or the request never left.</summary>
    WhenNotDone,

    /// <summary>Only when the request never left.</summary>
    WhenNotSent,
}

/// <summary>The limits that calls of one kind share, over all registrations of an account.</summary>
internal enum ApiPace
{
    /// <summary>None.</summary>
    None,

    /// <summary>Messages to people.</summary>
    Messages,
}
