using Microsoft.EntityFrameworkCore;

namespace WeChat.UnionPush.EntityFrameworkCore;

/// <summary>What stays of those who were erased. Part of the repository's transactions.</summary>
internal static class EfErasures
{
    public static async Task<long> LastAsync(DbContext context, CancellationToken cancellationToken) =>
        await context.Set<ErasureRow>().MaxAsync(static row => (long?)row.Number, cancellationToken).ConfigureAwait(false) ?? 0;

    /// <summary>Lets the writers of these people before it finish, and holds those behind it. All lock in one order.</summary>
    public static async Task LockAsync(DbContext context, IEnumerable<WeChatIdentity> people, CancellationToken cancellationToken)
    {
        foreach (var gate in people.Select(static person => GateOf(person.OpenId)).Distinct().Order())
        {
            await EfDatabase.LockAsync(context, gate, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Lets all writers before it finish, and holds those behind it.</summary>
    public static async Task LockAllAsync(DbContext context, CancellationToken cancellationToken)
    {
        for (var gate = 1; gate <= GateRow.IdentityGates; gate++)
        {
            await EfDatabase.LockAsync(context, gate, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Those of the observations that are to be saved. They end the erasures they met.</summary>
    public static async Task<WeChatIdentity[]> AdmitAsync(DbContext context, WeChatIdentity[] observations, long? erasuresSeen, CancellationToken cancellationToken)
    {
        if (await LastAsync(context, cancellationToken).ConfigureAwait(false) == 0)
        {
            return observations;
        }

        var filter = new ErasureFilter(observations);
        var erasures = new Dictionary<string, Erasure>(StringComparer.Ordinal);
        foreach (IEnumerable<string> keys in filter.Keys.Chunk(EfDatabase.ListSize))
        {
            foreach (var row in await context.Set<ErasureRow>().AsNoTracking().Where(row => keys.Contains(row.Key)).ToListAsync(cancellationToken).ConfigureAwait(false))
            {
                var erasedAt = DateTimeOffset.FromUnixTimeMilliseconds(row.ErasedAt);
                erasures.Add(row.Key, new(row.Number, erasedAt) { FollowChangedAt = IdentityRow.Time(row.FollowChangedAt), IsOver = row.IsOver });
            }
        }

        var (admitted, over) = filter.Admit(erasures, erasuresSeen);
        foreach (IEnumerable<long> numbers in over.Chunk(EfDatabase.ListSize))
        {
            await context.Set<ErasureRow>().Where(row => numbers.Contains(row.Number))
                .ExecuteUpdateAsync(static set => set.SetProperty(static row => row.IsOver, true), cancellationToken).ConfigureAwait(false);
        }

        return admitted;
    }

    /// <summary>Notes that these were erased together, named by this key.</summary>
    public static async Task AddAsync(DbContext context, List<WeChatIdentity> erased, string key, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var number = await LastAsync(context, cancellationToken).ConfigureAwait(false) + 1;
        var changedAt = Erasure.LastChangeOf(erased)?.ToUnixTimeMilliseconds();
        foreach (IEnumerable<string> keys in erased.SelectMany(Erasure.KeysOf).Prepend(key).Distinct(StringComparer.Ordinal).Chunk(EfDatabase.ListSize))
        {
            await context.Set<ErasureRow>().Where(row => keys.Contains(row.Key)).ExecuteDeleteAsync(cancellationToken).ConfigureAwait(false);
            context.AddRange(keys.Select(key => new ErasureRow { Key = key, Number = number, ErasedAt = now.ToUnixTimeMilliseconds(), FollowChangedAt = changedAt }));
            await EfDatabase.SaveAsync(context, cancellationToken).ConfigureAwait(false);
        }
    }

    // The same in every process.
    private static int GateOf(string openId) => 1 + (openId.Sum(static character => character) % GateRow.IdentityGates);
}
