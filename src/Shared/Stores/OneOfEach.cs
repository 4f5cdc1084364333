namespace WeChat.UnionPush;

/// <summary>Chooses among the holders of a UnionID where there are several: nearly always there is one.</summary>
internal static class OneOfEach
{
    public static List<IdentityLink> Source(List<IdentityLink> links) =>
        Of(links, static link => link.Source.OpenId, static (one, other) => IdentityPreference.IsPreferred(one.Target!, other.Target!));

    public static List<WeChatIdentity> UnionId(List<WeChatIdentity> holders) => Of(holders, static holder => holder.UnionId!, IdentityPreference.IsPreferred);

    private static List<T> Of<T>(List<T> all, Func<T, string> keyOf, Func<T, T, bool> isPreferred)
    {
        if (all.Count <= 1)
        {
            return all;
        }

        var places = new Dictionary<string, int>(all.Count, StringComparer.Ordinal);
        var chosen = new List<T>(all.Count);
        foreach (var one in all)
        {
            if (places.TryAdd(keyOf(one), chosen.Count))
            {
                chosen.Add(one);
            }
            else if (isPreferred(one, chosen[places[keyOf(one)]]))
            {
                chosen[places[keyOf(one)]] = one;
            }
        }

        return chosen;
    }
}
