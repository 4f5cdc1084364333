namespace WeChat.UnionPush.Broadcasts;

/// <summary>Why a run cannot go on now.</summary>
/// <param name="Kind">What to do.</param>
/// <param name="Reason">Why, for people.</param>
/// <param name="Wait">How long, where that is known.</param>
/// <param name="TemplateId">The template that is to stop, of <see cref="SendTroubleKind.StopTemplate"/>.</param>
internal sealed record SendTrouble(SendTroubleKind Kind, string Reason, TimeSpan? Wait = null, string? TemplateId = null);

/// <summary>What a run does about trouble.</summary>
internal enum SendTroubleKind
{
    /// <summary>Wait a little, in this process: the platform is busy or cannot be reached.</summary>
    BackOff = 0,

    /// <summary>Hold back who gets a message of this template, in all processes; the others go on.</summary>
    StopTemplate,

    /// <summary>Wait for the next day in China, in all processes: the day's calls are used up.</summary>
    Quota,

    /// <summary>Stop, in all processes: a human must act.</summary>
    Stop,
}
