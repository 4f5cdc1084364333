using System.Text.Json.Serialization;

namespace WeChat.UnionPush;

/// <summary>What every answer of the platform may carry. An absent <c>errcode</c> means success.</summary>
internal abstract class ApiAnswer
{
    private int? _code;

    /// <summary>As it stands in the answer: an absent code and <c>null</c> both mean success.</summary>
    [JsonPropertyName("errcode")]
    public int? Code
    {
        get => _code;
        set
        {
            _code = value;
            HasErrorCode = true;
        }
    }

    [JsonIgnore]
    public int ErrorCode => _code ?? 0;

    [JsonPropertyName("errmsg")]
    [JsonConverter(typeof(TextOrNumberConverter))]
    public string? ErrorMessage { get; set; }

    /// <summary>Whether an earlier attempt of the same call got no readable answer: it may have been carried out, whatever this answer says.</summary>
    [JsonIgnore]
    public bool FollowsLostAnswer { get; set; }

    /// <summary>Whether the code is there, be it <c>null</c>, and not only taken for 0.</summary>
    [JsonIgnore]
    public bool HasErrorCode { get; private set; }

    /// <summary>What a success of this API must have and the answer lacks; without it the answer is as good as none. <see langword="null"/> when it is whole.</summary>
    public virtual string? FindMissing() => null;
}

/// <summary>The answer of an API that says that it is done, and nothing else: without the code it could be anybody's JSON.</summary>
internal sealed class DoneAnswer : ApiAnswer
{
    public override string? FindMissing() => HasErrorCode ? null : "errcode";
}
