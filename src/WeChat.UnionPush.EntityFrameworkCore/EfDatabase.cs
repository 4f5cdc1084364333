using System.Data;
using System.Data.Common;
using Microsoft.EntityFrameworkCore;

namespace WeChat.UnionPush.EntityFrameworkCore;

/// <summary>
/// Runs what the stores do, each call in a context of its own. What writes is a transaction, which is tried again: which failures are worth it is told by
/// no two providers alike, and a transaction that failed has done nothing.
/// </summary>
/// <param name="createAsync">Makes a context.</param>
/// <param name="name">The context's name, for messages.</param>
internal sealed class EfDatabase(Func<CancellationToken, Task<DbContext>> createAsync, string name)
{
    /// <summary>How many ids one query names, well below what every provider takes as parameters.</summary>
    public const int ListSize = 500;

    /// <summary>How many rows are written before the context forgets them.</summary>
    public const int WriteSize = 1_000;

    // Somebody wrote what was read, or inserted what was missing. One of those who meet is always through, so this many may meet.
    private const int AttemptsOfConflicts = 20;
    private const int Attempts = 5;

    private static readonly TimeProvider Clock = TimeProvider.System;

    /// <summary>Reads. Nothing is locked.</summary>
    public async ValueTask<T> ReadAsync<T>(Func<DbContext, CancellationToken, Task<T>> read, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            var context = await createAsync(cancellationToken).ConfigureAwait(false);
            await using (context.ConfigureAwait(false))
            {
                return await read(context, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (FromDatabase(exception) is not null)
        {
            throw Translated(exception, isOpen: true, cancellationToken);
        }
    }

    /// <summary>A query for each list of ids. Ids that no database can hold were never stored.</summary>
    public async ValueTask<List<TRow>> ReadAsync<TId, TRow>(IEnumerable<TId> ids, Func<DbContext, IEnumerable<TId>, IQueryable<TRow>> select, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var lists = ids.Where(static id => id is not string text || StorableText.Fits(text)).Chunk(ListSize).ToArray();
        return lists.Length == 0 ? [] : await ReadAsync(
            async (context, cancellationToken) =>
            {
                var rows = await select(context, lists[0]).ToListAsync(cancellationToken).ConfigureAwait(false);
                foreach (var list in lists.Skip(1))
                {
                    rows.AddRange(await select(context, list).ToListAsync(cancellationToken).ConfigureAwait(false));
                }

                return rows;
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes in one transaction, which happens whole or not at all. What it does may be done again.</summary>
    public async ValueTask<T> WriteAsync<T>(Func<DbContext, CancellationToken, Task<T>> write, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var isOpen = false;
            try
            {
                var context = await createAsync(cancellationToken).ConfigureAwait(false);
                await using (context.ConfigureAwait(false))
                {
                    // A strategy of the host's that tries again must see the whole transaction.
                    var strategy = context.Database.CreateExecutionStrategy();
                    return await strategy.ExecuteAsync(cancellationToken => RunAsync(context, cancellationToken), cancellationToken).ConfigureAwait(false);
                }
            }
            catch (DbUpdateException) when (isOpen && attempt < AttemptsOfConflicts)
            {
            }
            catch (Exception exception) when (isOpen && attempt < Attempts && FromDatabase(exception) is not null)
            {
            }
            catch (Exception exception) when (FromDatabase(exception) is not null)
            {
                throw Translated(exception, isOpen, cancellationToken);
            }

            await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(1, 10 * Math.Min(attempt, 5))), Clock, cancellationToken).ConfigureAwait(false);

            async Task<T> RunAsync(DbContext context, CancellationToken cancellationToken)
            {
                context.ChangeTracker.Clear();
                var transaction = await context.Database.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken).ConfigureAwait(false);
                isOpen = true;
                await using (transaction.ConfigureAwait(false))
                {
                    var result = await write(context, cancellationToken).ConfigureAwait(false);
                    cancellationToken.ThrowIfCancellationRequested();
                    await transaction.CommitAsync(CancellationToken.None).ConfigureAwait(false);
                    return result;
                }
            }
        }
    }

    /// <summary>Locks a row that is there for this, until the transaction ends.</summary>
    public static async Task LockAsync(DbContext context, int gate, CancellationToken cancellationToken)
    {
        if (await context.Set<GateRow>().Where(row => row.Id == gate)
            .ExecuteUpdateAsync(static set => set.SetProperty(static row => row.Turn, static row => row.Turn + 1), cancellationToken).ConfigureAwait(false) == 0)
        {
            throw new UnionPushStorageException(
                $"The table unionpush_gate lacks its row {gate}, which the migration with UseUnionPush() inserts. Insert the ids 0 to {GateRow.Recipients}, each with turn 0.",
                isTransient: false);
        }
    }

    /// <summary>Writes what the context holds, and forgets it.</summary>
    public static async Task SaveAsync(DbContext context, CancellationToken cancellationToken)
    {
        await context.SaveChangesAsync(cancellationToken).ConfigureAwait(false);
        context.ChangeTracker.Clear();
    }

    /// <summary>What the driver threw, however EF Core and the provider wrapped it.</summary>
    private static Exception? FromDatabase(Exception exception)
    {
        for (Exception? cause = exception; cause is not null and not UnionPushStorageException; cause = cause.InnerException)
        {
            if (cause is DbException or DbUpdateException or TimeoutException)
            {
                return cause.InnerException as DbException ?? cause;
            }
        }

        return null;
    }

    private Exception Translated(Exception exception, bool isOpen, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return new OperationCanceledException(exception.Message, exception, cancellationToken);
        }

        var cause = FromDatabase(exception)!;
        var what = exception switch
        {
            DbUpdateConcurrencyException => "is written by others all the time",
            _ when cause is TimeoutException => "did not answer in time",
            _ when !isOpen => "cannot be reached",
            _ => "refused a statement, or the connection broke. If it lacks the library's tables, add a migration after UseUnionPush() and apply it",
        };
        return new UnionPushStorageException(
            $"The database of {name} {what}. Nothing was half written. The driver says: {cause.Message}",
            !isOpen || exception is DbUpdateConcurrencyException || cause is TimeoutException || cause is DbException { IsTransient: true },
            exception);
    }
}
