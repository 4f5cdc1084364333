using Microsoft.EntityFrameworkCore;

namespace WeChat.UnionPush.EntityFrameworkCore;

/// <summary>Checks what the host's migrations made.</summary>
internal sealed class EfSchema(EfDatabase database, string name)
{
    // No platform has such an app.
    private const string CheckedApp = "unionpush-check";

    public async ValueTask EnsureAsync(CancellationToken cancellationToken)
    {
        await database.ReadAsync(MakeAsync, cancellationToken).ConfigureAwait(false);
        if (await database.WriteAsync(TakesTwoForOneAsync, cancellationToken).ConfigureAwait(false))
        {
            throw new UnionPushStorageException(
                $"The database of {name} ignores case when it compares ids, and would take two people for one. Give the columns a binary collation, " +
                    "UseUnionPush(collation: \"…\"), and apply a migration.",
                isTransient: false);
        }
    }

    private async Task<bool> MakeAsync(DbContext context, CancellationToken cancellationToken)
    {
        if (context.Model.FindEntityType(typeof(GateRow)) is null)
        {
            throw new UnionPushStorageException($"{name} does not have the library's tables. Call modelBuilder.UseUnionPush() in its OnModelCreating.", isTransient: false);
        }

        if (context.Database.GetMigrations().Any())
        {
            return true;
        }

        try
        {
            return await context.Database.EnsureCreatedAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            // Another machine may make them just now. If not, what comes next fails and says why.
            return await context.Set<GateRow>().AnyAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task<bool> TakesTwoForOneAsync(DbContext context, CancellationToken cancellationToken)
    {
        var identities = context.Set<IdentityRow>().Where(static row => row.AppId == CheckedApp);
        context.Add(new IdentityRow { AppId = CheckedApp, OpenId = "o" });
        await EfDatabase.SaveAsync(context, cancellationToken).ConfigureAwait(false);
        var isTaken = await identities.AnyAsync(static row => row.OpenId == "O", cancellationToken).ConfigureAwait(false);
        await identities.ExecuteDeleteAsync(cancellationToken).ConfigureAwait(false);
        return isTaken;
    }
}
