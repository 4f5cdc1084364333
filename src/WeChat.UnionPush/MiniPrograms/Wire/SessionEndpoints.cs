namespace WeChat.UnionPush;

/// <summary>The sign-in calls.</summary>
internal static class SessionEndpoints
{
    // A login code works once: asked again after an answer that got lost, the platform says 40163 to a user who did nothing wrong. An answer of -1 does not
    // say whether the code was used up (the platform's page only says to try later), so it is the client that tries again, with a new code.
    public static readonly ApiEndpoint<SessionAnswer> CodeToSession =
        new(HttpMethod.Get, "/sns/jscode2session", ApiRepeat.WhenNotSent, static () => SessionJson.Default.SessionAnswer) { AnswersSecret = true };

    public static readonly ApiEndpoint<DoneAnswer> CheckSession = new(HttpMethod.Get, "/wxa/checksession", ApiRepeat.Always, static () => ApiJson.Default.DoneAnswer);

    public static readonly ApiEndpoint<SessionAnswer> ResetSession =
        new(HttpMethod.Get, "/wxa/resetusersessionkey", ApiRepeat.WhenNotDone, static () => SessionJson.Default.SessionAnswer) { AnswersSecret = true };
}
