using System.Text.Json.Serialization;

namespace WeChat.UnionPush;

internal sealed class TemplateListAnswer : ApiAnswer
{
    [JsonPropertyName("template_list")]
    public List<TemplateWire?>? Templates { get; set; }

    public override string? FindMissing() => Templates is null ? "template_list" : null;
}

internal sealed class TemplateWire
{
    [JsonPropertyName("template_id")]
    public string? Id { get; set; }

    [JsonPropertyName("title")]
    public string? Title { get; set; }

    [JsonPropertyName("primary_industry")]
    public string? PrimaryIndustry { get; set; }

    [JsonPropertyName("deputy_industry")]
    public string? DeputyIndustry { get; set; }

    [JsonPropertyName("content")]
    public string? Content { get; set; }

    [JsonPropertyName("example")]
    public string? Example { get; set; }
}

internal sealed class TemplateAddAnswer : ApiAnswer
{
    [JsonPropertyName("template_id")]
    public string? TemplateId { get; set; }

    public override string? FindMissing() => string.IsNullOrWhiteSpace(TemplateId) ? "template_id" : null;
}

internal sealed class IndustryAnswer : ApiAnswer
{
    [JsonPropertyName("primary_industry")]
    public IndustryWire? Primary { get; set; }

    [JsonPropertyName("secondary_industry")]
    public IndustryWire? Secondary { get; set; }

    public override string? FindMissing() => Primary is null ? "primary_industry" : null;
}

internal sealed class IndustryWire
{
    [JsonPropertyName("first_class")]
    public string? FirstClass { get; set; }

    [JsonPropertyName("second_class")]
    public string? SecondClass { get; set; }
}

internal sealed class BlockedAnswer : ApiAnswer
{
    [JsonPropertyName("msginfo")]
    [JsonConverter(typeof(OneOrManyConverter<BlockedWire>))]
    public List<BlockedWire>? Messages { get; set; }
}

internal sealed class BlockedWire
{
    [JsonPropertyName("id")]
    public long Id { get; set; }

    [JsonPropertyName("tmpl_msg_id")]
    public string? TemplateId { get; set; }

    [JsonPropertyName("title")]
    public string? Title { get; set; }

    [JsonPropertyName("content")]
    public string? Content { get; set; }

    [JsonPropertyName("openid")]
    public string? OpenId { get; set; }

    [JsonPropertyName("send_timestamp")]
    public long SentAt { get; set; }
}
