using Microsoft.EntityFrameworkCore;

namespace WeChat.UnionPush.EntityFrameworkCore;

/// <summary>Pace and day's calls, one row for each account. A write names the version that it read, so that of two at once one reads again.</summary>
internal sealed class EfSharedPace(EfDatabase database, TimeProvider timeProvider) : ISharedPace
{
    public ValueTask<PaceGrant> TakeAsync(PaceRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return database.WriteAsync(
            async (context, cancellationToken) =>
            {
                var rows = context.Set<PaceRow>();
                while (true)
                {
                    var row = await rows.AsNoTracking().FirstOrDefaultAsync(row => row.AppId == request.AppId, cancellationToken).ConfigureAwait(false);
                    var before = row is null ? PaceState.None : new PaceState(row.NextAt, DateOnly.FromDayNumber(row.Day), row.Used);
                    var (after, grant) = before.Apply(request, timeProvider.GetUtcNow());
                    var day = after.Day.DayNumber;
                    if (row is null)
                    {
                        rows.Add(new PaceRow { AppId = request.AppId, NextAt = after.NextAt, Day = day, Used = after.Used });
                        await EfDatabase.SaveAsync(context, cancellationToken).ConfigureAwait(false);
                        return grant;
                    }

                    if (await rows.Where(other => other.AppId == request.AppId && other.Version == row.Version).ExecuteUpdateAsync(
                        set => set
                            .SetProperty(static row => row.NextAt, after.NextAt)
                            .SetProperty(static row => row.Day, day)
                            .SetProperty(static row => row.Used, after.Used)
                            .SetProperty(static row => row.Version, static row => row.Version + 1),
                        cancellationToken).ConfigureAwait(false) > 0)
                    {
                        return grant;
                    }
                }
            },
            cancellationToken);
    }
}
