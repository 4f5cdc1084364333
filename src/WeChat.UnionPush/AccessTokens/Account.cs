using Microsoft.Extensions.Logging;

namespace WeChat.UnionPush;

/// <summary>
/// What belongs to an Official Account or a Mini Program, however many registrations use it: the platform counts its calls and gives out its tokens by app
/// id.
/// </summary>
internal sealed class Account(string appId, TimeProvider time)
{
    private readonly object _gate = new();
    private readonly Dictionary<AccessTokenChannel, TokenOwner> _tokens = [];
    private volatile CallQueue? _messages;

    public string AppId => appId;

    /// <summary>Which APIs are used up for the day.</summary>
    public QuotaMemory Quota { get; } = new(appId, time);

    /// <summary>The queue of an API whose calls keep to a pace; <see langword="null"/> of others.</summary>
    public CallQueue? QueueOf(ApiEndpoint endpoint) => endpoint.Pace == ApiPace.Messages ? _messages : null;

    /// <summary>Limits how fast messages go out. Of several registrations the smallest limits count, whichever comes first.</summary>
    /// <param name="perSecond">How many a second; 0 for no limit.</param>
    /// <param name="concurrent">How many at the same time.</param>
    /// <param name="shared">Where the pace is kept that many machines share; <see langword="null"/> where each process keeps its own.</param>
    public void LimitMessages(int perSecond, int concurrent, ISharedPace? shared = null)
    {
        lock (_gate)
        {
            if (_messages is { } messages)
            {
                messages.Tighten(perSecond, concurrent);
            }
            else
            {
                // Broadcasts keep slots of their own under the app id, and take these beside them like any other message.
                IAccountPace pace = shared is not null && perSecond > 0 ? new SharedAccountPace(shared, $"{appId}:messages", perSecond, time) : new AccountPace(perSecond, time);
                _messages = new CallQueue(appId, pace, concurrent, time);
            }
        }
    }

    /// <summary>Ends the wait of all calls that have not begun.</summary>
    public void TurnAway(Func<Exception> reason) => _messages?.TurnAway(reason);

    /// <summary>The account's token on one channel. The registration that comes first provides options, transport and store.</summary>
    /// <param name="registration">Who asks.</param>
    /// <param name="options">How tokens are fetched and kept.</param>
    /// <param name="secret">The secret of the moment.</param>
    /// <param name="request">Asks the platform for a token, forced or not.</param>
    /// <param name="store">What processes share.</param>
    /// <param name="logger">The log.</param>
    /// <exception cref="InvalidOperationException">Two registrations give one app id different secrets.</exception>
    public AccessTokenCache TokensOf(
        string registration, AccessTokenOptions options, Func<string> secret, Func<bool, CancellationToken, Task<AccessToken>> request, IAccessTokenStore store, ILogger logger)
    {
        lock (_gate)
        {
            if (!_tokens.TryGetValue(options.Channel, out var owner))
            {
                owner = new TokenOwner(registration, secret, new AccessTokenCache(appId, options, request, store, time, logger, secret));
                _tokens.Add(options.Channel, owner);
            }

            return string.Equals(owner.Secret(), secret(), StringComparison.Ordinal)
                ? owner.Cache
                : throw new InvalidOperationException($"The registrations '{owner.Registration}' and '{registration}' give app id {appId} different secrets. "
                    + "Use the secret that the platform's console shows in both.");
        }
    }

    private sealed class TokenOwner(string registration, Func<string> secret, AccessTokenCache cache)
    {
        public string Registration => registration;

        public Func<string> Secret => secret;

        public AccessTokenCache Cache => cache;
    }
}
