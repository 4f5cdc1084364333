namespace WeChat.UnionPush;

/// <summary>
/// Signs users in and saves who they are. A code works once, so that from the moment it is sent nothing but the store itself keeps the identity from
/// being saved: no damaged open data, no caller who went away, no store that is busy for a moment.
/// </summary>
internal sealed class SignIn(string miniProgramAppId, IMiniProgramSession session, IUnionIdRepository repository, TimeProvider time)
{
    // A store that is busy, or whose connections are all taken, mostly answers at the second try, which comes at once.
    private static readonly TimeSpan[] Pauses = [TimeSpan.Zero, TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(400), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2)];

    private static readonly TimeSpan StoreLimit = TimeSpan.FromSeconds(10);

    // A store that hangs keeps the code from being sent no longer than this.
    private static readonly TimeSpan CountLimit = TimeSpan.FromSeconds(1);

    /// <summary>Signs a user in.</summary>
    /// <param name="code">The code.</param>
    /// <param name="openData">What the client sent along, whatever it is.</param>
    /// <param name="cancellationToken">Cancels it before the code is sent.</param>
    /// <returns>The user, and the UnionID that the user had before, if it was another one.</returns>
    public async Task<(MiniProgramUser User, string? ReplacedUnionId)> RunAsync(string code, EncryptedOpenData? openData, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(code);
        cancellationToken.ThrowIfCancellationRequested();

        // Both before the question: who is erased while the answer is on its way stays erased.
        var erasuresSeen = await CountErasuresAsync(cancellationToken).ConfigureAwait(false);
        var asked = time.GetUtcNow();
        var user = await session.SignInAsync(code, CancellationToken.None).ConfigureAwait(false);
        var untrusted = Complete(ref user, openData);
        var observation = new WeChatIdentity(miniProgramAppId, user.OpenId) { UnionId = user.UnionId, ObservedAt = asked, DetailsAt = asked };
        var saved = await SaveAsync(user, observation, erasuresSeen).ConfigureAwait(false);
        Telemetry.SignedIn(user.UnionId is not null);
        return untrusted is null ? (user, saved.ReplacedUnionId) : throw untrusted;
    }

    /// <summary><see langword="null"/> where the store does not say it in time: then the clocks tell what was before an erasure.</summary>
    private async Task<long?> CountErasuresAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await TimeLimit.RunAsync(stop => repository.CountErasuresAsync(stop).AsTask(), CountLimit, "The store", time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return null;
        }
    }

    /// <summary>Takes the UnionID from the open data where the sign-in came without one.</summary>
    /// <returns>Why the data cannot be used, to be thrown once the user is saved.</returns>
    private Exception? Complete(ref MiniProgramUser user, EncryptedOpenData? openData)
    {
        if (user.UnionId is not null || openData is null)
        {
            return null;
        }

        try
        {
            var decrypted = session.Decrypt(user.SessionKey, openData);
            if (decrypted.OpenId is not null && !string.Equals(decrypted.OpenId, user.OpenId, StringComparison.Ordinal))
            {
                return new OpenDataException("The open data belongs to another user than the one who signed in.");
            }

            if (decrypted.UnionId is { } unionId && !PlatformId.Fits(unionId))
            {
                return new OpenDataException("The UnionID in the open data is no UnionID: it is too long, or holds characters that none has.");
            }

            user = user with { UnionId = decrypted.UnionId };
            return null;
        }
        catch (Exception exception) when (exception is OpenDataException or ArgumentException)
        {
            return exception;
        }
        catch (Exception exception)
        {
            return new OpenDataException("The open data cannot be read.", exception);
        }
    }

    private async Task<SavedIdentities> SaveAsync(MiniProgramUser user, WeChatIdentity observation, long? erasuresSeen)
    {
        using var limit = new CancellationTokenSource(StoreLimit, time);
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                var saving = erasuresSeen is { } seen
                    ? repository.SaveAsync([observation], seen, limit.Token).AsTask()
                    : repository.SaveAsync([observation], limit.Token).AsTask();

                // Waited for from outside: a store that hangs may not heed the token.
                return await TimeLimit.WaitAsync(saving, limit.Token).ConfigureAwait(false);
            }
            catch (Exception exception) when (attempt == Pauses.Length || limit.IsCancellationRequested)
            {
                throw new SignInNotSavedException(user, exception);
            }
            catch (Exception)
            {
                await Task.Delay(Pauses[attempt], time, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }
}
