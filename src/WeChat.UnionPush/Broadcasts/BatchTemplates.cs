namespace WeChat.UnionPush.Broadcasts;

/// <summary>What each recipient of a batch gets, and who waits because the platform has stopped their message's template.</summary>
/// <param name="run">The broadcast.</param>
/// <param name="lines">The recipients.</param>
internal sealed class BatchTemplates(BroadcastRun run, RecipientLine[] lines)
{
    public StoredMessage MessageOf(int recipient) => lines[recipient].Own is { } own ? StoredMessage.Read(own) : run.Content.Message!;

    /// <summary>The recipient's template, where others of the run get one of another template.</summary>
    public string? OneOfMany(int recipient) => run.Content.HasManyTemplates ? MessageOf(recipient).TemplateId : null;

    public bool IsStopped(int recipient) =>
        run.Content.StoppedTemplates is { IsEmpty: false } stopped && lines[recipient].Id.Length > 0 && stopped.ContainsKey(MessageOf(recipient).TemplateId);
}
