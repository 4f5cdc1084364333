using System.Runtime.CompilerServices;

namespace WeChat.UnionPush.Broadcasts;

/// <summary>Reads an audience once, finds each person's openid in the Official Account, and packs who can be reached into batches.</summary>
internal sealed class BroadcastPlanner(string miniProgramAppId, IUnionIdRepository repository, RecipientFinder finder, ReachLadder? reach, TimeProvider time)
{
    /// <summary>How many recipients a batch has.</summary>
    public const int BatchSize = 100;

    private const int ChunkSize = 500;

    /// <summary>The message id of a recipient: the same at each attempt, on each machine.</summary>
    public static string MessageIdOf(BroadcastBatch batch, int recipient) => $"{batch.BroadcastId}-{(batch.Number * BatchSize) + recipient}";

    /// <summary>Plans a broadcast.</summary>
    /// <param name="broadcast">The broadcast.</param>
    /// <param name="id">Names the batches.</param>
    /// <param name="caps">How many broadcasts people had lately; <see langword="null"/> without a cap.</param>
    /// <param name="write">Writes batches.</param>
    /// <param name="progress">Told how many recipients there are so far.</param>
    /// <param name="cancellationToken">Ends the planning.</param>
    public async Task<BroadcastPlan> PlanAsync(
        Broadcast broadcast,
        string id,
        PersonCaps? caps,
        Func<IReadOnlyCollection<BroadcastBatch>, CancellationToken, ValueTask> write,
        Action<long> progress,
        CancellationToken cancellationToken)
    {
        var packer = new BatchPacker(id, time.GetUtcNow(), write);
        var given = new PersonSet();
        var followers = new PersonSet();
        var climbs = broadcast.Message is { } common && MayClimb(common);
        string? template = null;
        var hasManyTemplates = false;
        await foreach (var people in ChunksAsync(broadcast.Audience, cancellationToken).ConfigureAwait(false))
        {
            var found = await FindAsync(people, broadcast.Audience, given, cancellationToken).ConfigureAwait(false);
            for (var i = 0; i < found.Count; i++)
            {
                var (person, own) = (found[i], people[i].Recipient.Message);
                var isForOthers = !person.IsReachable && (own is null ? climbs : MayClimb(own)) && BatchPacker.IsOneLine(person.Id);
                if (!person.IsReachable && !isForOthers)
                {
                    packer.AddUnreachable(person.Id, person.Status);
                    continue;
                }

                var message = own ?? broadcast.Message ?? throw new ArgumentException(
                    $"The broadcast '{broadcast.Name}' has no message, and neither has its recipient '{person.Id}'. Give one of them a message.", nameof(broadcast));
                if (person.IsReachable && !followers.Add(person.OpenId!))
                {
                    // The same follower under another name.
                    continue;
                }

                if (caps?.HadTooMany(person) == true)
                {
                    packer.AddUnreachable(person.OpenId ?? person.Id, PushStatus.TooFrequent);
                    continue;
                }

                hasManyTemplates |= template is not null && !string.Equals(template, message.TemplateId, StringComparison.Ordinal);
                template = message.TemplateId;
                packer.AddReachable(new RecipientLine(
                    isForOthers ? person.Id : person.OpenId!, own is null ? null : StoredMessage.Of(own).Write(), isForOthers));
            }

            await packer.WriteAsync(all: false, cancellationToken).ConfigureAwait(false);
            progress(packer.Recipients);
        }

        await packer.WriteAsync(all: true, cancellationToken).ConfigureAwait(false);
        return new BroadcastPlan(packer.Recipients, packer.Unreachable, packer.OnOtherChannels, hasManyTemplates);
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

    /// <summary>Finds people, after those were removed who are named twice.</summary>
    private async Task<List<FoundRecipient>> FindAsync(
        List<(BroadcastRecipient Recipient, WeChatIdentity? Identity)> people, BroadcastAudience audience, PersonSet given, CancellationToken cancellationToken)
    {
        if (audience.Given is not null)
        {
            people.RemoveAll(person => string.IsNullOrEmpty(person.Recipient.Id) || !given.Add(person.Recipient.Id));
        }

        string[] ids = [.. people.Select(static person => person.Recipient.Id)];
        return await (audience.Given is null ? finder.FindAsync(ids, people.Select(static person => person.Identity!), cancellationToken)
            : audience.ByUnionId ? finder.FindByUnionIdAsync(ids, cancellationToken)
            : finder.FindAsync(ids, cancellationToken)).ConfigureAwait(false);
    }

    private bool MayClimb(TemplateMessage message) => reach?.MayServe(message) == true;
}
