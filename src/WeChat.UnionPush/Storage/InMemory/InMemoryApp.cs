using System.Runtime.InteropServices;

namespace WeChat.UnionPush.Storage;

/// <summary>The identities of one app.</summary>
internal sealed class InMemoryApp(string id)
{
    private readonly Dictionary<string, OpenIds> _openIdsByUnionId = new(StringComparer.Ordinal);

    public string Id { get; } = id;

    public Dictionary<string, WeChatIdentity> Identities { get; } = new(StringComparer.Ordinal);

    public void Observe(WeChatIdentity observation, ref SavedIdentities saved)
    {
        ref var identity = ref CollectionsMarshal.GetValueRefOrAddDefault(Identities, observation.OpenId, out var isKnown);
        if (!isKnown)
        {
            // One text for the app id, however many copies of it the observations bring.
            identity = ReferenceEquals(observation.AppId, Id) ? observation : observation with { AppId = Id };
            Link(identity);
            saved = saved with { Added = saved.Added + 1 };
            return;
        }

        var stored = identity!;
        var merged = identity = stored.MergedWith(observation);
        if (!string.Equals(stored.UnionId, merged.UnionId, StringComparison.Ordinal))
        {
            Unlink(stored);
            Link(merged);
            if (stored.UnionId is not null)
            {
                saved = saved with { UnionIdsChanged = saved.UnionIdsChanged + 1, ReplacedUnionId = stored.UnionId };
            }
        }
    }

    public void Remove(WeChatIdentity identity)
    {
        Identities.Remove(identity.OpenId);
        Unlink(identity);
    }

    public IEnumerable<WeChatIdentity> Holders(string unionId)
    {
        if (_openIdsByUnionId.TryGetValue(unionId, out var openIds))
        {
            yield return Identities[openIds.First];
            foreach (var other in openIds.Others)
            {
                yield return Identities[other];
            }
        }
    }

    public WeChatIdentity? Preferred(string unionId)
    {
        if (!_openIdsByUnionId.TryGetValue(unionId, out var openIds))
        {
            return null;
        }

        return openIds.Others.Length == 0 ? Identities[openIds.First] : IdentityPreference.Best(Holders(unionId));
    }

    private void Link(WeChatIdentity identity)
    {
        if (identity.UnionId is { } unionId)
        {
            ref var openIds = ref CollectionsMarshal.GetValueRefOrAddDefault(_openIdsByUnionId, unionId, out var isKnown);
            openIds = isKnown ? openIds.With(identity.OpenId) : new(identity.OpenId, []);
        }
    }

    private void Unlink(WeChatIdentity identity)
    {
        if (identity.UnionId is { } unionId && _openIdsByUnionId.TryGetValue(unionId, out var openIds))
        {
            if (openIds.Without(identity.OpenId) is { } rest)
            {
                _openIdsByUnionId[unionId] = rest;
            }
            else
            {
                _openIdsByUnionId.Remove(unionId);
            }
        }
    }

    /// <summary>The openids of one app that carry one UnionID: nearly always a single one, which then costs no array.</summary>
    private readonly record struct OpenIds(string First, string[] Others)
    {
        public OpenIds With(string openId) => new(First, [.. Others, openId]);

        public OpenIds? Without(string openId)
        {
            string[] rest = [.. Others.Prepend(First).Where(other => !string.Equals(other, openId, StringComparison.Ordinal))];
            return rest.Length == 0 ? null : new(rest[0], rest[1..]);
        }
    }
}
