using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Threading.Channels;

namespace WeChat.UnionPush;

/// <summary>Followers over <c>user/get</c>, <c>user/info/batchget</c> and <c>user/info</c>.</summary>
internal sealed class FollowerSource(AccountApi api, FollowerSyncOptions options, TimeProvider time) : IFollowerSource, IFollowerWalkSource
{
    public const int BatchSize = 100;

    // In a row: enough to find one spoilt follower among a hundred.
    private const int MostUnreadable = 16;

    // Set by the first UnionID seen: before that, an account without any is more likely not bound than unlucky.
    private volatile bool _bound;
    private long _calls;

    /// <summary>How many details calls were made, for reports.</summary>
    public long DetailCalls => Interlocked.Read(ref _calls);

    public async IAsyncEnumerable<FollowerPage> GetPagesAsync(string? nextOpenId = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var next = nextOpenId ?? "";
        do
        {
            var page = await GetPageAsync(next, cancellationToken).ConfigureAwait(false);
            if (page.OpenIds.Count == 0)
            {
                yield break;
            }

            yield return page;
            next = page.NextOpenId;
        }
        while (next.Length > 0);
    }

    /// <summary>One page; an empty one, or one whose next openid is empty, is the last.</summary>
    public async Task<FollowerPage> GetPageAsync(string nextOpenId, CancellationToken cancellationToken)
    {
        var query = nextOpenId.Length == 0 ? null : $"next_openid={Uri.EscapeDataString(nextOpenId)}";
        var answer = await api.CallOrThrowAsync(FollowerEndpoints.UserGet, query, cancellationToken).ConfigureAwait(false);
        return Read(answer, nextOpenId);
    }

    public async IAsyncEnumerable<Follower> GetFollowersAsync(IReadOnlyCollection<string> openIds, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(openIds);
        await foreach (var batch in GetBatchesAsync(openIds, cancellationToken).ConfigureAwait(false))
        {
            foreach (var follower in batch.Followers)
            {
                yield return Read(follower);
            }
        }
    }

    /// <summary>The same in the platform's own batches and records, for those who want no more of a follower than who it is.</summary>
    public async IAsyncEnumerable<FollowerBatch> GetBatchesAsync(IReadOnlyCollection<string> openIds, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var answered = Channel.CreateBounded<FollowerBatch>(1);
        var asking = AskAllAsync(openIds, answered.Writer, stop.Token);
        try
        {
            await foreach (var batch in answered.Reader.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
            {
                yield return batch;
            }
        }
        finally
        {
            // When the consumer leaves early, what is under way ends now.
            await stop.CancelAsync().ConfigureAwait(false);
            await asking.ConfigureAwait(false);
        }
    }

    public async Task<Follower> GetFollowerAsync(string openId, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(openId);
        return Read(await GetDetailsAsync(openId, cancellationToken).ConfigureAwait(false));
    }

    private static FollowerPage Read(FollowerPageAnswer answer, string asked)
    {
        if (answer is { Total: null, Count: null })
        {
            throw WeChatApiErrors.Incomplete(FollowerEndpoints.UserGet.Path, "total and count");
        }

        var openIds = answer.Data?.OpenIds ?? [];
        if (openIds.Count == 0 && answer.Count is > 0)
        {
            // A page that claims openids and shows none is damaged; taken for the end, it would make everybody after it a leaver.
            throw WeChatApiErrors.Incomplete(FollowerEndpoints.UserGet.Path, "data.openid");
        }

        var next = answer.NextOpenId ?? "";
        return new FollowerPage(openIds, string.Equals(next, asked, StringComparison.Ordinal) ? "" : next, answer.Total ?? 0);
    }

    private static Follower Read(FollowerWire answer) => new(answer.OpenId!, answer.Subscribes)
    {
        UnionId = answer.UnionId,
        SubscribedAt = answer.SubscribedAt,
        SubscribeScene = answer.SubscribeScene,
        Remark = answer.Remark,
        TagIds = answer.TagIds ?? (IReadOnlyList<int>)[],
        QrScene = answer.QrScene,
        QrSceneText = answer.QrSceneText,
    };

    private async Task<FollowerWire> GetDetailsAsync(string openId, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _calls);
        var answer = await api.CallOrThrowAsync(FollowerEndpoints.UserInfo, $"openid={Uri.EscapeDataString(openId)}&lang=zh_CN", cancellationToken).ConfigureAwait(false);
        if (!string.Equals(answer.Follower.OpenId, openId, StringComparison.Ordinal))
        {
            throw WeChatApiErrors.Incomplete(FollowerEndpoints.UserInfo.Path, "the openid that was asked for");
        }

        _bound |= answer.Follower.UnionId is not null;
        return answer.Follower;
    }

    /// <summary>As many batches at the same time as the options say, while the consumer works on those that are answered. A failure goes to the consumer.</summary>
    private async Task AskAllAsync(IReadOnlyCollection<string> openIds, ChannelWriter<FollowerBatch> answered, CancellationToken cancellationToken)
    {
        try
        {
            await Parallel.ForEachAsync(
                openIds.Chunk(BatchSize),
                new ParallelOptions { MaxDegreeOfParallelism = options.ConcurrentBatches, CancellationToken = cancellationToken },
                async (batch, stop) =>
                {
                    var askedAt = time.GetUtcNow();
                    var followers = await GetBatchAsync(batch, new StrongBox<int>(MostUnreadable), stop).ConfigureAwait(false);
                    await answered.WriteAsync(new(batch, followers, askedAt), stop).ConfigureAwait(false);
                }).ConfigureAwait(false);
            answered.Complete();
        }
        catch (Exception exception)
        {
            answered.Complete(exception);
        }
    }

    private async Task<List<FollowerWire>> GetBatchAsync(ReadOnlyMemory<string> openIds, StrongBox<int> unreadable, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _calls);
        FollowerBatchAnswer answer;
        try
        {
            answer = await api.PostAsync(
                FollowerEndpoints.UserInfoBatch, openIds, static (body, openIds) => Write(body, openIds.Span), CallPriority.Push, cancellationToken).ConfigureAwait(false);
        }
        catch (WeChatApiException exception) when (exception.IsUnreadable && unreadable.Value-- > 0)
        {
            // What one follower's remark holds can spoil the JSON of all. Where nothing can be read, it is not the followers.
            return await BisectAsync(openIds, unreadable, cancellationToken).ConfigureAwait(false);
        }

        unreadable.Value = MostUnreadable;
        if (answer.ErrorCode == WeChatErrorCodes.InvalidOpenId)
        {
            return await BisectAsync(openIds, unreadable, cancellationToken).ConfigureAwait(false);
        }

        if (answer.ErrorCode != 0)
        {
            throw WeChatApiErrors.Create(FollowerEndpoints.UserInfoBatch.Path, answer.ErrorCode, answer.ErrorMessage);
        }

        if (answer.Followers is not { } followers)
        {
            throw WeChatApiErrors.Incomplete(FollowerEndpoints.UserInfoBatch.Path, "user_info_list");
        }

        KeepAsked(followers, openIds.Span, out var missing);
        _bound = _bound || followers.Exists(static follower => follower.UnionId is not null);
        await CompleteAsync(followers, cancellationToken).ConfigureAwait(false);
        foreach (var openId in missing)
        {
            if (await FindDetailsAsync(openId, cancellationToken).ConfigureAwait(false) is { } follower)
            {
                followers.Add(follower);
            }
        }

        return followers;
    }

    /// <summary>Leaves out rows that nobody asked for and rows that come again, and tells whose row is missing.</summary>
    private static void KeepAsked(List<FollowerWire> followers, ReadOnlySpan<string> openIds, out IEnumerable<string> missing)
    {
        missing = [];
        if (followers.Count == openIds.Length)
        {
            // Nearly always the rows come as they were asked for, and then no set is needed.
            var i = 0;
            while (i < openIds.Length && string.Equals(followers[i].OpenId, openIds[i], StringComparison.Ordinal))
            {
                i++;
            }

            if (i == openIds.Length)
            {
                return;
            }
        }

        var unanswered = new HashSet<string>(openIds.Length, StringComparer.Ordinal);
        foreach (var openId in openIds)
        {
            unanswered.Add(openId);
        }

        followers.RemoveAll(follower => follower.OpenId is null || !unanswered.Remove(follower.OpenId));
        missing = unanswered;
    }

    /// <summary>One openid that is not the account's, or one text that is no JSON, spoils a whole batch; halves find it.</summary>
    private async Task<List<FollowerWire>> BisectAsync(ReadOnlyMemory<string> openIds, StrongBox<int> unreadable, CancellationToken cancellationToken)
    {
        if (openIds.Length == 1)
        {
            // Alone, the platform may say what it would not in a batch, such as that the person does not follow.
            if (await FindDetailsAsync(openIds.Span[0], cancellationToken).ConfigureAwait(false) is { } follower)
            {
                unreadable.Value = MostUnreadable;
                return [follower];
            }

            unreadable.Value--;
            return [];
        }

        var half = openIds.Length / 2;
        var followers = await GetBatchAsync(openIds[..half], unreadable, cancellationToken).ConfigureAwait(false);
        followers.AddRange(await GetBatchAsync(openIds[half..], unreadable, cancellationToken).ConfigureAwait(false));
        return followers;
    }

    /// <summary>
    /// Batches were seen to lack a UnionID that <c>user/info</c> has. Asked only where the account is known to have UnionIDs; where it is not, one
    /// follower of the batch is tried, or an account that is not bound would cost a call for everybody.
    /// </summary>
    private async Task CompleteAsync(List<FollowerWire> followers, CancellationToken cancellationToken)
    {
        for (var i = 0; i < followers.Count; i++)
        {
            if (followers[i] is { Subscribes: true, UnionId: null } incomplete)
            {
                // Who left between the two calls is what the batch said.
                followers[i] = await FindDetailsAsync(incomplete.OpenId!, cancellationToken).ConfigureAwait(false) ?? incomplete;
                if (!_bound)
                {
                    return;
                }
            }
        }
    }

    /// <summary>The details of one person; <see langword="null"/> where the openid is not the account's or the answer cannot be read.</summary>
    private async Task<FollowerWire?> FindDetailsAsync(string openId, CancellationToken cancellationToken)
    {
        try
        {
            return await GetDetailsAsync(openId, cancellationToken).ConfigureAwait(false);
        }
        catch (WeChatApiException exception) when (exception.ErrorCode?.Value == WeChatErrorCodes.InvalidOpenId || exception.IsUnreadable)
        {
            return null;
        }
    }

    private static void Write(PooledBuffer body, ReadOnlySpan<string> openIds)
    {
        using var writer = new Utf8JsonWriter(body, WireText.WriterOptions);
        writer.WriteStartObject();
        writer.WriteStartArray("user_list"u8);
        foreach (var openId in openIds)
        {
            writer.WriteStartObject();
            writer.WriteString("openid"u8, openId);
            writer.WriteString("lang"u8, "zh_CN"u8);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
