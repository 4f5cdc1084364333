using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace WeChat.UnionPush;

/// <summary>A message that the platform accepted, and that goes on to the next channel where it tells later that it did not arrive.</summary>
internal sealed record LateMessage
{
    /// <summary>The id that the host pushed to.</summary>
    [JsonPropertyName("p")]
    public required string Pushed { get; init; }

    /// <summary>Whether that is a UnionID.</summary>
    [JsonPropertyName("u")]
    public bool IsUnionId { get; init; }

    [JsonPropertyName("c")]
    public PushChannel Channel { get; init; }

    [JsonPropertyName("m")]
    public required StoredMessage Message { get; init; }
}

/// <summary>
/// Remembers accepted messages by their id, for as long as the platform may still tell that one did not arrive. Where it tells so before the message is noted,
/// that is noted in its place.
/// </summary>
internal sealed class LateReach(RouteApps apps, IReachJournal journal, TimeProvider time)
{
    private const int MostRoom = 8000;
    private const string Failed = "failed";
    private const string Taken = "taken";

    private static readonly TimeSpan KeepFor = TimeSpan.FromHours(1);

    /// <summary>Notes an accepted message.</summary>
    /// <param name="message">The message.</param>
    /// <param name="openId">Its recipient in the app that sent it, with whom the note is erased.</param>
    /// <param name="messageId">What the platform calls it.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>Whether the platform has told already that it did not arrive, and nobody else goes on with it.</returns>
    public async ValueTask<bool> NoteAsync(LateMessage message, string openId, long messageId, CancellationToken cancellationToken)
    {
        var (appId, key, text) = (AppOf(message.Channel), KeyOf(openId, messageId), JsonSerializer.Serialize(message, StoredJson.Plain.LateMessage));
        if (text.Length > MostRoom)
        {
            return false;
        }

        while (await journal.TryWriteAsync(appId, key, null, text, time.GetUtcNow() + KeepFor, cancellationToken).ConfigureAwait(false) is null)
        {
            if (await journal.FindAsync(appId, key, cancellationToken).ConfigureAwait(false) is { } note)
            {
                return note.Value == Failed && await TakeAsync(appId, key, note, cancellationToken).ConfigureAwait(false);
            }
        }

        return false;
    }

    /// <summary>The platform tells that a message did not arrive.</summary>
    /// <returns>The message, for the one who goes on with it; null where nothing is known of it, or somebody else does.</returns>
    public async ValueTask<LateMessage?> FailAsync(string appId, string openId, long messageId, CancellationToken cancellationToken)
    {
        var key = KeyOf(openId, messageId);
        while (true)
        {
            var note = await journal.FindAsync(appId, key, cancellationToken).ConfigureAwait(false);
            if (note is { Value: Failed or Taken })
            {
                return null;
            }

            if (note is not null)
            {
                return await TakeAsync(appId, key, note, cancellationToken).ConfigureAwait(false) ? JsonSerializer.Deserialize(note.Value, StoredJson.Plain.LateMessage) : null;
            }

            if (await journal.TryWriteAsync(appId, key, null, Failed, time.GetUtcNow() + KeepFor, cancellationToken).ConfigureAwait(false) is not null)
            {
                return null;
            }
        }
    }

    private static string KeyOf(string openId, long messageId) => ReachKeys.Late(openId, messageId.ToString(CultureInfo.InvariantCulture));

    private string AppOf(PushChannel channel) => channel == PushChannel.SubscribeMessage ? apps.MiniProgram : apps.OfficialAccount;

    private async ValueTask<bool> TakeAsync(string appId, string key, ReachNote note, CancellationToken cancellationToken) =>
        await journal.TryWriteAsync(appId, key, note, Taken, note.ExpiresAt, cancellationToken).ConfigureAwait(false) is not null;
}
