using Microsoft.EntityFrameworkCore;

namespace WeChat.UnionPush.EntityFrameworkCore;

/// <summary>Cursors of follower walks, one row for each account.</summary>
internal sealed class EfFollowerSyncStore(EfDatabase database, TimeProvider timeProvider) : IFollowerSyncStore
{
    private readonly EfLeases _leases = new(database, timeProvider, "sync:");

    public async ValueTask<FollowerSyncState?> GetAsync(string appId, CancellationToken cancellationToken = default)
    {
        var rows = await database.ReadAsync(
            [appId], static (context, appIds) => context.Set<FollowerSyncRow>().AsNoTracking().Where(row => appIds.Contains(row.AppId)), cancellationToken).ConfigureAwait(false);
        return rows is [var row] ? State(row) : null;
    }

    public async ValueTask<IReadOnlyList<FollowerSyncState>> ListAsync(CancellationToken cancellationToken = default) =>
        (await database.ReadAsync(
            static (context, cancellationToken) => context.Set<FollowerSyncRow>().AsNoTracking().ToListAsync(cancellationToken), cancellationToken).ConfigureAwait(false))
        .ConvertAll(State);

    public ValueTask<bool> SaveAsync(ILease lease, FollowerSyncState state, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(state);
        var isHeldAsync = _leases.Held(lease, state.AppId);
        return database.WriteAsync(
            async (context, cancellationToken) =>
            {
                if (!await isHeldAsync(context, cancellationToken).ConfigureAwait(false))
                {
                    return false;
                }

                var syncs = context.Set<FollowerSyncRow>();
                var row = await syncs.AsTracking().FirstOrDefaultAsync(row => row.AppId == state.AppId, cancellationToken).ConfigureAwait(false)
                    ?? syncs.Add(new FollowerSyncRow { AppId = state.AppId }).Entity;
                row.WalkStartedAt = state.WalkStartedAt.ToUnixTimeMilliseconds();
                row.NextOpenId = state.NextOpenId.Length == 0 ? null : state.NextOpenId;
                row.InProgress = state.InProgress;
                row.IsFull = state.Full;
                row.Listed = state.Listed;
                row.Detailed = state.Detailed;
                row.Calls = state.Calls;
                row.CallsOn = state.CallsOn.DayNumber;
                row.CompletedAt = state.CompletedAt?.ToUnixTimeMilliseconds();
                row.DoubtedAt = state.DoubtedAt?.ToUnixTimeMilliseconds();
                row.Doubted = state.Doubted;
                row.Unlinked = state.Unlinked;
                await EfDatabase.SaveAsync(context, cancellationToken).ConfigureAwait(false);
                return true;
            },
            cancellationToken);
    }

    public ValueTask<ILease?> TryLeaseAsync(string appId, TimeSpan duration, CancellationToken cancellationToken = default) =>
        _leases.TryTakeAsync(appId, duration, cancellationToken);

    private static FollowerSyncState State(FollowerSyncRow row) => new(row.AppId)
    {
        WalkStartedAt = DateTimeOffset.FromUnixTimeMilliseconds(row.WalkStartedAt),
        NextOpenId = row.NextOpenId ?? "",
        InProgress = row.InProgress,
        Full = row.IsFull,
        Listed = row.Listed,
        Detailed = row.Detailed,
        Calls = row.Calls,
        CallsOn = DateOnly.FromDayNumber(row.CallsOn),
        CompletedAt = IdentityRow.Time(row.CompletedAt),
        DoubtedAt = IdentityRow.Time(row.DoubtedAt),
        Doubted = row.Doubted,
        Unlinked = row.Unlinked,
    };
}
