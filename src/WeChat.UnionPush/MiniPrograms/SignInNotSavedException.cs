namespace WeChat.UnionPush;

/// <summary>
/// WeChat has answered a sign-in, and the store could not save who the user is, although it was tried again. The code is used up; the user is here, so
/// that the host can go on with the session and save the identity later with <c>IUnionIdRepository.SaveAsync</c>.
/// </summary>
/// <param name="user">Who signed in, with the session key.</param>
/// <param name="innerException">The store's failure.</param>
public sealed class SignInNotSavedException(MiniProgramUser user, Exception innerException)
    : Exception("The user has signed in, and the store could not save it. The code is used up: go on with the User of this exception, and mend the store. "
    + innerException?.Message, innerException)
{
    /// <summary>Who signed in. Holds the session key, which is a secret.</summary>
    public MiniProgramUser User { get; } = user;
}
