using System.Runtime.CompilerServices;

namespace WeChat.UnionPush.Broadcasts;

/// <summary>Reads an audience once, finds each person's openid in the Official Account, and packs who can be reached into batches.</summary>
internal sealed class BroadcastPlanner(string officialAccountAppId, string miniProgramAppId, IUnionIdRepository repository, TimeProvider time)
{
    /// <summary>How many recipients a batch has.</summary>
    public const int BatchSize = 100;

    private const int ChunkSize = 500;

    /// <summary>Plans a broadcast.</summary>
    /// <param name="broadcast">The broadcast.</param>
    /// <param name="id">Names the batches.</param>
    /// <param name="hadTooMany">Whether somebody has had as many broadcasts as the cap allows; <see langword="null"/> without one.</param>
    /// <param name="write">Writes batches.</param>
    /// <param name="progress">Told how many recipients there are so far.</param>
    /// <param name="cancellationToken">Ends the planning.</param>
    /// <returns>How many recipients there are, those of them who will not be sent to, and whether the others' messages are of more than one template.</returns>
    public async Task<(long Recipients, BroadcastCounts Unreachable, bool HasManyTemplates)> PlanAsync(
        Broadcast broadcast,
        string id,
        Func<string, bool>? hadTooMany,
        Func<IReadOnlyCollection<BroadcastBatch>, CancellationToken, ValueTask> write,
        Action<long> progress,
        CancellationToken cancellationToken)
    {
        var packer = new BatchPacker(id, time.GetUtcNow(), write);
        var given = new PersonSet();
        var found = new PersonSet();
        string? template = null;
        var hasManyTemplates = false;
        await foreach (var people in ChunksAsync(broadcast.Audience, cancellationToken).ConfigureAwait(false))
        {
            foreach (var person in await FindAsync(people, broadcast.Audience, given, cancellationToken).ConfigureAwait(false))
            {
                if (person.OpenId is { } openId)
                {
                    var message = person.Given.Message;
                    if (message is null && broadcast.Message is null)
                    {
                        throw new ArgumentException(
                            $"The broadcast '{broadcast.Name}' has no message, and neither has its recipient '{person.Given.Id}'. Give one of them a message.", nameof(broadcast));
                    }

                    if (!found.Add(openId))
                    {
                        // The same follower under another name.
                        continue;
                    }

                    if (hadTooMany?.Invoke(openId) != true)
                    {
                        var itsTemplate = (message ?? broadcast.Message)!.TemplateId;
                        hasManyTemplates |= template is not null && !string.Equals(template, itsTemplate, StringComparison.Ordinal);
                        template = itsTemplate;
                        packer.AddReachable(message is null ? openId : $"{openId}\t{MessageContent.Write(message)}");
                        continue;
                    }

                    packer.AddUnreachable(openId, PushStatus.TooFrequent);
                }
                else
                {
                    packer.AddUnreachable(person.Given.Id, person.Status);
                }
            }

            await packer.WriteAsync(all: false, cancellationToken).ConfigureAwait(false);
            progress(packer.Recipients);
        }

        await packer.WriteAsync(all: true, cancellationToken).ConfigureAwait(false);
        return (packer.Recipients, packer.Unreachable, hasManyTemplates);
    }

    private async IAsyncEnumerable<List<(BroadcastRecipient Recipient, WeChatIdentity? Identity)>> ChunksAsync(
        BroadcastAudience audience, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var chunk = new List<(BroadcastRecipient, WeChatIdentity?)>(ChunkSize);
        await foreach (var person in EachAsync(audience, cancellationToken).ConfigureAwait(false))
        {
            chunk.Add(person);
            if (chunk.Count == ChunkSize)
            {
                yield return chunk;
                chunk.Clear();
            }
        }

        if (chunk.Count > 0)
        {
            yield return chunk;
        }
    }

    private async IAsyncEnumerable<(BroadcastRecipient Recipient, WeChatIdentity? Identity)> EachAsync(
        BroadcastAudience audience, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (audience.Given is { } given)
        {
            await foreach (var recipient in given.WithCancellation(cancellationToken).ConfigureAwait(false))
            {
                yield return (recipient ?? throw new ArgumentException("The audience of the broadcast contains a null.", nameof(audience)), null);
            }

            yield break;
        }

        await foreach (var identity in repository.ListAsync(miniProgramAppId, cancellationToken: cancellationToken).ConfigureAwait(false))
        {
            if (audience.Filter!(identity))
            {
                yield return (new BroadcastRecipient(identity.OpenId), identity);
            }
        }
    }

    private async Task<List<Found>> FindAsync(
        List<(BroadcastRecipient Recipient, WeChatIdentity? Identity)> people, BroadcastAudience audience, PersonSet given, CancellationToken cancellationToken)
    {
        var unionIds = new Dictionary<string, string?>(StringComparer.Ordinal);
        if (audience.Given is null)
        {
            foreach (var (recipient, identity) in people)
            {
                unionIds[recipient.Id] = identity!.UnionId;
            }
        }
        else
        {
            // Who is named twice is one recipient.
            people.RemoveAll(person => string.IsNullOrEmpty(person.Recipient.Id) || !given.Add(person.Recipient.Id));
            if (audience.ByUnionId)
            {
                people.ForEach(person => unionIds[person.Recipient.Id] = person.Recipient.Id);
            }
            else
            {
                string[] openIds = [.. people.Select(static person => person.Recipient.Id)];
                foreach (var identity in await repository.FindAsync(miniProgramAppId, openIds, cancellationToken).ConfigureAwait(false))
                {
                    unionIds[identity.OpenId] = identity.UnionId;
                }
            }
        }

        string[] wanted = [.. unionIds.Values.OfType<string>().Distinct(StringComparer.Ordinal)];
        var followers = new Dictionary<string, WeChatIdentity>(StringComparer.Ordinal);
        foreach (var follower in await repository.FindByUnionIdAsync(officialAccountAppId, wanted, cancellationToken).ConfigureAwait(false))
        {
            followers[follower.UnionId!] = follower;
        }

        return people.ConvertAll(person =>
        {
            var isKnown = unionIds.TryGetValue(person.Recipient.Id, out var unionId);
            var follower = unionId is null ? null : followers.GetValueOrDefault(unionId);
            return (isKnown, unionId, follower?.FollowState) switch
            {
                (false, _, _) => new Found(person.Recipient, null, PushStatus.NotSignedIn),
                (_, null, _) => new Found(person.Recipient, null, PushStatus.NotLinked),
                (_, _, null or FollowState.NotFollowing) => new Found(person.Recipient, null, PushStatus.NotFollowing),
                (_, _, FollowState.Refusing) => new Found(person.Recipient, null, PushStatus.Refused),
                _ => new Found(person.Recipient, follower!.OpenId, PushStatus.Sent),
            };
        });
    }

    private readonly record struct Found(BroadcastRecipient Given, string? OpenId, PushStatus Status);
}
