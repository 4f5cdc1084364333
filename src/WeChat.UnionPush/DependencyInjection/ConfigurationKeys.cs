using Microsoft.Extensions.Configuration;

namespace WeChat.UnionPush;

/// <summary>The options that a configuration section can hold, and what is meant by a key that is none of them.</summary>
internal static class ConfigurationKeys
{
    /// <summary>Every option by its path; <c>:0</c> stands for the elements of a list.</summary>
    public static readonly IReadOnlyList<string> All =
    [
        "OfficialAccount:AppId", "OfficialAccount:AppSecret",
        "MiniProgram:AppId", "MiniProgram:AppSecret",
        "ApiBaseAddress", "FallbackAddresses:0", "StopTimeout",
        "AccessToken:Channel", "AccessToken:RefreshBefore", "AccessToken:RetryDelay", "AccessToken:RefusalPause", "AccessToken:RefreshTimeout", "AccessToken:StoreTimeout",
        "Http:AttemptTimeout", "Http:TotalTimeout", "Http:MaxRetries", "Http:RetryDelay", "Http:MaxConnections",
        "FollowerSync:RefreshLinkedAfter", "FollowerSync:RefreshUnlinkedAfter", "FollowerSync:ConcurrentBatches", "FollowerSync:DailyPageCalls", "FollowerSync:LeaseDuration",
        "FollowerSync:MaxLeaverShare", "FollowerSync:KeepErasuresFor",
        "TemplateMessages:MaxPerSecond", "TemplateMessages:MaxConcurrent", "TemplateMessages:WhenValuesDoNotFit", "TemplateMessages:ValidateAgainstCatalog",
        "TemplateMessages:CatalogLifetime",
        "Callback:OfficialAccount:Token", "Callback:OfficialAccount:EncodingAesKey", "Callback:OfficialAccount:PreviousEncodingAesKey", "Callback:OfficialAccount:Mode",
        "Callback:OfficialAccount:ReplayWindow",
        "Callback:MiniProgram:Token", "Callback:MiniProgram:EncodingAesKey", "Callback:MiniProgram:PreviousEncodingAesKey", "Callback:MiniProgram:Mode",
        "Callback:MiniProgram:ReplayWindow",
        "Callback:OnUnsubscribe", "Callback:MaxConcurrentHandlers", "Callback:HandlerTimeout", "Callback:MaxAttempts", "Callback:RetryDelay", "Callback:KeepEventsFor",
        "Callback:MaxBodyLength",
        "Receipts:KeepFor", "FollowLinks:Lifetime",
        "Broadcasts:TakesPart", "Broadcasts:LeaseDuration", "Broadcasts:PollInterval",
    ];

    /// <summary>The keys of a section that are no options.</summary>
    /// <param name="configuration">The section, or a whole configuration, which holds other things than options.</param>
    public static IEnumerable<UnknownKey> FindUnknown(IConfiguration configuration) => FindUnknown(configuration, "", isWhole: configuration is not IConfigurationSection);

    private static IEnumerable<UnknownKey> FindUnknown(IConfiguration configuration, string group, bool isWhole)
    {
        foreach (var child in configuration.GetChildren())
        {
            var path = group + child.Key;
            if (IsOption(path))
            {
                continue;
            }

            if (IsGroup(path))
            {
                foreach (var unknown in string.IsNullOrEmpty(child.Value)
                    ? FindUnknown(child, path + ":", isWhole: false)
                    : [new UnknownKey(path, $"{path}:{NamesIn(path + ":")[0]}", IsCertain: true)])
                {
                    yield return unknown;
                }
            }
            else if (!isWhole && !IsComment(child.Key))
            {
                yield return Explain(child.Key, path, group);
            }
        }
    }

    /// <summary>What is meant by a key. In the section itself a host may keep keys of its own; one that resembles no option is one of these.</summary>
    private static UnknownKey Explain(string key, string path, string group)
    {
        var names = NamesIn(group);
        var nearest = names.MinBy(name => Distance(name, key))!;
        if (Distance(nearest, key) <= Math.Max(2, nearest.Length / 4))
        {
            return new UnknownKey(path, group + nearest, IsCertain: true);
        }

        var elsewhere = All.FirstOrDefault(option => option.EndsWith(":" + key, StringComparison.OrdinalIgnoreCase));
        return new UnknownKey(path, elsewhere ?? group + nearest, IsCertain: elsewhere is not null || group.Length > 0);
    }

    private static bool IsOption(string path) => All.Any(option => string.Equals(option, path, StringComparison.OrdinalIgnoreCase)
        || (option.EndsWith(":0", StringComparison.Ordinal) && path.StartsWith(option[..^1], StringComparison.OrdinalIgnoreCase)));

    private static bool IsGroup(string path) => All.Any(option => option.StartsWith(path + ":", StringComparison.OrdinalIgnoreCase));

    private static bool IsComment(string key) => key is ['_' or '$' or '/' or '#', ..];

    private static List<string> NamesIn(string group) =>
        [.. All.Where(option => option.StartsWith(group, StringComparison.OrdinalIgnoreCase)).Select(option => option[group.Length..].Split(':')[0])
            .Distinct(StringComparer.Ordinal)];

    /// <summary>How many characters differ (Levenshtein). Case and the signs between words do not count.</summary>
    private static int Distance(string name, string key)
    {
        name = name.ToUpperInvariant();
        key = key.ToUpperInvariant().Replace("_", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal);
        var row = Enumerable.Range(0, key.Length + 1).ToArray();
        for (var i = 1; i <= name.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= key.Length; j++)
            {
                var above = row[j];
                row[j] = Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (name[i - 1] == key[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }

        return row[^1];
    }
}

/// <summary>A key that is no option.</summary>
/// <param name="Path">Where it stands.</param>
/// <param name="Nearest">The option that resembles it most.</param>
/// <param name="IsCertain">Whether it is a mistake for certain, and not a key of the host's own.</param>
internal sealed record UnknownKey(string Path, string Nearest, bool IsCertain);
