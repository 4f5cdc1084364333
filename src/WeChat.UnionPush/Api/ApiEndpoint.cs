using System.Text.Json.Serialization.Metadata;

namespace WeChat.UnionPush;

/// <summary>What is known of one API before it is called.</summary>
internal abstract class ApiEndpoint(HttpMethod method, string path, ApiRepeat repeat)
{
    private static int LastIndex = -1;

    public HttpMethod Method { get; } = method;

    public string Path { get; } = path;

    public ApiRepeat Repeat { get; } = repeat;

    /// <summary>Whether its answer holds a token or a session key, so that one which cannot be read is hardly shown.</summary>
    public bool AnswersSecret { get; init; }

    /// <summary>Numbers the endpoints, so that what a transport keeps of each is an array element.</summary>
    public int Index { get; } = Interlocked.Increment(ref LastIndex);
}

/// <summary>An API and how its answer is read.</summary>
internal sealed class ApiEndpoint<TAnswer>(HttpMethod method, string path, ApiRepeat repeat, JsonTypeInfo<TAnswer> answer) : ApiEndpoint(method, path, repeat)
    where TAnswer : ApiAnswer
{
    public JsonTypeInfo<TAnswer> Answer { get; } = answer;
}

/// <summary>When a failed call may be made again.</summary>
internal enum ApiRepeat
{
    /// <summary>Calling twice does no harm: also when the first call's outcome is not known.</summary>
    Always,

    /// <summary>Only when the platform said that it was busy, or the request never left.</summary>
    WhenNotDone,
}
