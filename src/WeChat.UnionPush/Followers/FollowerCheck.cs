using Microsoft.Extensions.Logging;

namespace WeChat.UnionPush;

/// <summary>
/// Asks the platform about single followers, off the path of whoever has a reason to: a send that was refused because the person does not follow, a user
/// whose UnionID is another one than before. Those who come while one question is under way are asked about together.
/// </summary>
internal sealed class FollowerCheck(
    string appId,
    IFollowerSource source,
    IUnionIdRepository repository,
    WorkUnderWay work,
    TimeProvider time,
    ILogger<FollowerCheck> logger)
{
    private const int MaxWaiting = 10_000;

    private readonly object _gate = new();
    private Dictionary<string, DateTimeOffset?> _waiting = new(StringComparer.Ordinal);
    private bool _asking;

    /// <summary>Marks a person as not following, and asks whether it is so. Where that cannot be told, the mark is taken back.</summary>
    /// <param name="follower">A follower of this account.</param>
    /// <param name="refusedAt">When the send was made.</param>
    /// <param name="cancellationToken">Cancels the marking; the question is asked all the same.</param>
    public async Task DoubtAsync(OpenId follower, DateTimeOffset refusedAt, CancellationToken cancellationToken)
    {
        if (IsFull())
        {
            // What cannot be asked soon is not believed.
            return;
        }

        try
        {
            await SaveAsync([Mark(follower.Value, FollowState.NotFollowing, refusedAt)], cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Ask(follower.Value, refusedAt);
        }
    }

    /// <summary>Asks about people at once, and saves what is told of them.</summary>
    /// <param name="openIds">Openids of the Official Account.</param>
    /// <param name="cancellationToken">Cancels the question.</param>
    /// <returns>Those who follow.</returns>
    /// <exception cref="WeChatApiException">The platform refused; nothing was learned.</exception>
    public async Task<IReadOnlySet<string>> AskNowAsync(IReadOnlyCollection<string> openIds, CancellationToken cancellationToken)
    {
        var people = openIds.Distinct(StringComparer.Ordinal).ToDictionary(static openId => openId, static _ => (DateTimeOffset?)null, StringComparer.Ordinal);
        var answers = await AskAsync(people).WaitAsync(cancellationToken).ConfigureAwait(false);
        return answers.Where(static identity => identity.FollowState == FollowState.Following).Select(static identity => identity.OpenId).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>Asks about the follower who carries a UnionID that their user no longer has.</summary>
    /// <param name="unionId">The UnionID so far.</param>
    public void AskAbout(UnionId unionId) =>
        _ = Task.Run(async () =>
        {
            try
            {
                foreach (var identity in await repository.FindByUnionIdAsync(appId, [unionId.Value], CancellationToken.None).ConfigureAwait(false))
                {
                    Ask(identity.OpenId, refusedAt: null);
                }
            }
            catch (Exception exception)
            {
                Log.FollowerCheckFailed(logger, appId, exception);
            }
        });

    private bool IsFull()
    {
        lock (_gate)
        {
            return _waiting.Count >= MaxWaiting;
        }
    }

    private void Ask(string openId, DateTimeOffset? refusedAt)
    {
        lock (_gate)
        {
            _waiting[openId] = refusedAt ?? _waiting.GetValueOrDefault(openId);
            if (_asking)
            {
                return;
            }

            _asking = true;
        }

        _ = Task.Run(AskAllAsync);
    }

    private async Task AskAllAsync()
    {
        while (Next() is { } people)
        {
            try
            {
                using var piece = work.Begin();
                await AskAsync(people).ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                Log.FollowerCheckFailed(logger, appId, exception);
                await TakeBackAsync(people).ConfigureAwait(false);
            }
        }
    }

    private async Task<List<WeChatIdentity>> AskAsync(Dictionary<string, DateTimeOffset?> people)
    {
        var erasuresSeen = await repository.CountErasuresAsync(CancellationToken.None).ConfigureAwait(false);
        var asked = time.GetUtcNow();
        var answers = new List<WeChatIdentity>(people.Count);
        if (people.Count == 1)
        {
            try
            {
                Take(await source.GetFollowerAsync(people.Keys.Single(), CancellationToken.None).ConfigureAwait(false));
            }
            catch (WeChatApiException exception) when (exception.ErrorCode?.Value == WeChatErrorCodes.InvalidOpenId)
            {
                // Nobody of this account; the mark stands.
            }
        }
        else
        {
            await foreach (var follower in source.GetFollowersAsync(people.Keys, CancellationToken.None).ConfigureAwait(false))
            {
                Take(follower);
            }
        }

        await repository.SaveAsync(answers, erasuresSeen, CancellationToken.None).ConfigureAwait(false);
        return answers;

        void Take(Follower follower) => answers.Add(new WeChatIdentity(appId, follower.OpenId)
        {
            UnionId = follower.UnionId,
            FollowState = follower.IsFollowing ? FollowState.Following : FollowState.NotFollowing,
            FollowChangedAt = follower.SubscribedAt,

            // Newer than the mark, which was there before the question, whatever the clock did in between.
            ObservedAt = people.GetValueOrDefault(follower.OpenId) is { } refusedAt && refusedAt > asked ? refusedAt : asked,
            DetailsAt = asked,
        });
    }

    /// <summary>What could not be checked is forgotten: the next send asks again.</summary>
    private async Task TakeBackAsync(Dictionary<string, DateTimeOffset?> people)
    {
        try
        {
            await SaveAsync(
                [.. people.Where(static person => person.Value is not null).Select(person => Mark(person.Key, FollowState.Following, person.Value!.Value))],
                CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            Log.FollowerCheckFailed(logger, appId, exception);
        }
    }

    // Nobody who was erased comes back by it.
    private async Task SaveAsync(WeChatIdentity[] marks, CancellationToken cancellationToken) =>
        await repository.SaveAsync(marks, erasuresSeen: 0, cancellationToken).ConfigureAwait(false);

    private WeChatIdentity Mark(string openId, FollowState state, DateTimeOffset at) => new(appId, openId) { FollowState = state, ObservedAt = at };

    private Dictionary<string, DateTimeOffset?>? Next()
    {
        lock (_gate)
        {
            if (_waiting.Count == 0)
            {
                _asking = false;
                return null;
            }

            var people = _waiting;
            _waiting = new(StringComparer.Ordinal);
            return people;
        }
    }
}
