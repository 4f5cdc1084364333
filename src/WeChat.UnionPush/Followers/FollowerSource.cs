using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Threading.Channels;

namespace WeChat.UnionPush;

/// <summary>Followers over <c>user/get</c>, <c>user/info/batchget</c> and <c>user/info</c>.</summary>
internal sealed class FollowerSource(AccountApi api, FollowerSyncOptions options) : IFollowerSource
{
    public const int BatchSize = 100;
    private const int InvalidOpenId = 40003;

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
        var answer = await api.CallOrThrowAsync(Endpoints.UserGet, query, body: default, cancellationToken).ConfigureAwait(false);
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
            throw WeChatApiErrors.Incomplete(Endpoints.UserGet.Path, "total and count");
        }

        var openIds = answer.Data?.OpenIds ?? [];
        if (openIds.Count == 0 && answer.Count is > 0)
        {
            // A page that claims openids and shows none is damaged; taken for the end, it would make everybody after it a leaver.
            throw WeChatApiErrors.Incomplete(Endpoints.UserGet.Path, "data.openid");
        }

        var next = answer.NextOpenId ?? "";
        return new FollowerPage(openIds, string.Equals(next, asked, StringComparison.Ordinal) ? "" : next, answer.Total ?? 0);
    }

    private static Follower Read(FollowerWire answer) => new(answer.OpenId!, answer.Subscribes)
    {
        UnionId = answer.UnionId,
        SubscribedAt = answer.SubscribeTime is > 0 and < 253402300800 ? DateTimeOffset.FromUnixTimeSeconds(answer.SubscribeTime) : null,
        SubscribeScene = answer.SubscribeScene,
        Remark = answer.Remark,
        TagIds = answer.TagIds ?? (IReadOnlyList<int>)[],
        QrScene = answer.QrScene,
        QrSceneText = answer.QrSceneText,
    };

    private async Task<FollowerWire> GetDetailsAsync(string openId, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _calls);
        var answer = await api.CallOrThrowAsync(Endpoints.UserInfo, $"openid={Uri.EscapeDataString(openId)}&lang=zh_CN", body: default, cancellationToken).ConfigureAwait(false);
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
                async (batch, stop) => await answered.WriteAsync(new(batch, await GetBatchAsync(batch, stop).ConfigureAwait(false)), stop).ConfigureAwait(false)).ConfigureAwait(false);
            answered.Complete();
        }
        catch (Exception exception)
        {
            answered.Complete(exception);
        }
    }

    private async Task<List<FollowerWire>> GetBatchAsync(ReadOnlyMemory<string> openIds, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _calls);
        var body = new PooledBuffer(openIds.Length * 64);
        Write(body, openIds.Span);
        var answer = await api.CallAsync(Endpoints.UserInfoBatch, query: null, body.WrittenMemory, cancellationToken).ConfigureAwait(false);
        body.Dispose();
        if (answer.ErrorCode == InvalidOpenId)
        {
            return await BisectAsync(openIds, cancellationToken).ConfigureAwait(false);
        }

        if (answer.ErrorCode != 0)
        {
            throw WeChatApiErrors.Create(Endpoints.UserInfoBatch.Path, answer.ErrorCode, answer.ErrorMessage);
        }

        if (answer.Followers is not { } followers)
        {
            throw WeChatApiErrors.Incomplete(Endpoints.UserInfoBatch.Path, "user_info_list");
        }

        followers.RemoveAll(static follower => follower.OpenId is null);
        _bound = _bound || followers.Exists(static follower => follower.UnionId is not null);
        await CompleteAsync(followers, cancellationToken).ConfigureAwait(false);
        return followers;
    }

    /// <summary>One openid that is not the account's spoils a whole batch; halves find it.</summary>
    private async Task<List<FollowerWire>> BisectAsync(ReadOnlyMemory<string> openIds, CancellationToken cancellationToken)
    {
        if (openIds.Length == 1)
        {
            return [];
        }

        var half = openIds.Length / 2;
        var followers = await GetBatchAsync(openIds[..half], cancellationToken).ConfigureAwait(false);
        followers.AddRange(await GetBatchAsync(openIds[half..], cancellationToken).ConfigureAwait(false));
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
                try
                {
                    followers[i] = await GetDetailsAsync(incomplete.OpenId!, cancellationToken).ConfigureAwait(false);
                }
                catch (WeChatApiException exception) when (exception.ErrorCode?.Value == InvalidOpenId)
                {
                    // Left between the two calls; what the batch said stands.
                }

                if (!_bound)
                {
                    return;
                }
            }
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
