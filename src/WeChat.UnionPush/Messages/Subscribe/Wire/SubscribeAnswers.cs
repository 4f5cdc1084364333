using System.Text.Json.Serialization;

namespace WeChat.UnionPush;

/// <summary>The message id is there in practice only, and never at <c>bizsend</c>.</summary>
internal sealed class SubscribeSendAnswer : ApiAnswer
{
    [JsonPropertyName("msgid")]
    [JsonConverter(typeof(WholeNumberOrNothingConverter))]
    public long? MessageId { get; set; }

    public override string? FindMissing() => MessageId is null && Code is null ? "errcode" : null;
}

internal sealed class SubscribeTemplateListAnswer : ApiAnswer
{
    [JsonPropertyName("data")]
    [JsonConverter(typeof(OneOrManyConverter<SubscribeTemplateWire>))]
    public List<SubscribeTemplateWire>? Templates { get; set; }

    public override string? FindMissing() => Templates is null ? "data" : null;
}

internal sealed class SubscribeTemplateWire
{
    [JsonPropertyName("priTmplId")]
    public string? Id { get; set; }

    [JsonPropertyName("title")]
    public string? Title { get; set; }

    [JsonPropertyName("content")]
    public string? Content { get; set; }

    [JsonPropertyName("example")]
    public string? Example { get; set; }

    [JsonPropertyName("type")]
    public int Type { get; set; }
}

internal sealed class SubscribeTemplateAddAnswer : ApiAnswer
{
    [JsonPropertyName("priTmplId")]
    public string? TemplateId { get; set; }

    public override string? FindMissing() => string.IsNullOrWhiteSpace(TemplateId) ? "priTmplId" : null;
}

internal sealed class SubscribeCategoriesAnswer : ApiAnswer
{
    [JsonPropertyName("data")]
    [JsonConverter(typeof(OneOrManyConverter<SubscribeCategoryWire>))]
    public List<SubscribeCategoryWire>? Categories { get; set; }

    public override string? FindMissing() => Categories is null ? "data" : null;
}

internal sealed class SubscribeCategoryWire
{
    [JsonPropertyName("id")]
    public int Id { get; set; }

    [JsonPropertyName("name")]
    public string? Name { get; set; }
}

internal sealed class SubscribeLibraryAnswer : ApiAnswer
{
    [JsonPropertyName("count")]
    public int? Count { get; set; }

    [JsonPropertyName("data")]
    [JsonConverter(typeof(OneOrManyConverter<SubscribeLibraryWire>))]
    public List<SubscribeLibraryWire>? Templates { get; set; }

    public override string? FindMissing() => Templates is null ? "data" : null;
}

internal sealed class SubscribeLibraryWire
{
    [JsonPropertyName("tid")]
    public int Id { get; set; }

    [JsonPropertyName("title")]
    public string? Title { get; set; }

    [JsonPropertyName("type")]
    public int Type { get; set; }

    [JsonPropertyName("categoryId")]
    public int CategoryId { get; set; }
}

internal sealed class SubscribeKeywordsAnswer : ApiAnswer
{
    [JsonPropertyName("data")]
    [JsonConverter(typeof(OneOrManyConverter<SubscribeKeywordWire>))]
    public List<SubscribeKeywordWire>? Keywords { get; set; }

    public override string? FindMissing() => Keywords is null ? "data" : null;
}

internal sealed class SubscribeKeywordWire
{
    [JsonPropertyName("kid")]
    public int Id { get; set; }

    [JsonPropertyName("name")]
    public string? Name { get; set; }

    [JsonPropertyName("example")]
    public string? Example { get; set; }

    [JsonPropertyName("rule")]
    public string? Rule { get; set; }
}
