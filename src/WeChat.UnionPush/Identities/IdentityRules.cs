namespace WeChat.UnionPush;

/// <summary>How observations of one identity merge; <see cref="IUnionIdRepository"/> says it in words.</summary>
internal static class IdentityRules
{
    /// <summary>Refuses a batch with an observation that names nobody, before anything of it is saved.</summary>
    public static void Check(IReadOnlyCollection<WeChatIdentity> observations)
    {
        var position = 0;
        foreach (var observation in observations)
        {
            if (observation is null || string.IsNullOrEmpty(observation.AppId) || string.IsNullOrEmpty(observation.OpenId) || observation.UnionId is { Length: 0 })
            {
                throw new ArgumentException($"Observation {position} of {observations.Count} has no app id, no openid, or an empty UnionID (null is the one that is not known). Nothing of the batch was saved.", nameof(observations));
            }

            position++;
        }
    }

    /// <summary>What is stored of an identity's first observation. Stores keep milliseconds.</summary>
    public static WeChatIdentity First(WeChatIdentity observation, string appId) => observation with
    {
        AppId = appId,
        ObservedAt = Milliseconds(observation.ObservedAt),
        DetailsAt = observation.DetailsAt is { } detailsAt ? Milliseconds(detailsAt) : null,
    };

    public static WeChatIdentity Merge(WeChatIdentity stored, WeChatIdentity observation)
    {
        var observedAt = Milliseconds(observation.ObservedAt);
        var newer = observedAt >= stored.ObservedAt;
        return stored with
        {
            FollowState = newer && observation.FollowState != FollowState.Unknown ? observation.FollowState : stored.FollowState,
            ObservedAt = newer ? observedAt : stored.ObservedAt,
            UnionId = observation.UnionId is { } unionId && (stored.UnionId is null || stored.DetailsAt is null || observedAt >= stored.DetailsAt) ? unionId : stored.UnionId,
            DetailsAt = observation.DetailsAt is { } detailsAt && (stored.DetailsAt is null || detailsAt > stored.DetailsAt) ? Milliseconds(detailsAt) : stored.DetailsAt,
        };
    }

    /// <summary>Of two identities with one UnionID in one app: who follows, then who was seen last.</summary>
    public static bool IsBetter(WeChatIdentity candidate, WeChatIdentity best)
    {
        var (first, second) = (candidate.FollowState == FollowState.Following, best.FollowState == FollowState.Following);
        return first != second ? first : candidate.ObservedAt > best.ObservedAt;
    }

    /// <summary>The order of UTF-8 bytes, which databases sort by; UTF-16 order puts emoji before some characters that come after them.</summary>
    public static int CompareUtf8(string left, string right)
    {
        var length = Math.Min(left.Length, right.Length);
        for (var i = 0; i < length; i++)
        {
            if (left[i] != right[i])
            {
                return Weight(left[i]) - Weight(right[i]);
            }
        }

        return left.Length - right.Length;

        static int Weight(char character) => char.IsSurrogate(character) ? character + 0x10000 : character;
    }

    private static DateTimeOffset Milliseconds(DateTimeOffset moment) => DateTimeOffset.FromUnixTimeMilliseconds(moment.ToUnixTimeMilliseconds());
}
