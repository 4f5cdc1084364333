namespace WeChat.UnionPush.Testing;

/// <summary>What an Official Account and a Mini Program have in common: the credentials, the tokens, the counters, the openids.</summary>
internal sealed class SimulatedApp
{
    private SimulatedCallback? _callback;
    private AddressList? _addresses;
    private IReadOnlyCollection<string>? _ipWhitelist;

    public SimulatedApp(SimulatedPlatform platform, string appId, string appSecret, string? openPlatform, bool isOfficialAccount)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(appId);
        ArgumentException.ThrowIfNullOrWhiteSpace(appSecret);
        Platform = platform;
        AppId = appId;
        AppSecret = appSecret;
        OpenPlatform = openPlatform;
        IsOfficialAccount = isOfficialAccount;
        OriginalId = $"gh_{Scrambler.Mix(Scrambler.Hash(platform.SeedState, appId)) >> 16:x12}";
        Identifiers = new IdentifierCodec(platform.SeedState, appId);
        AccessTokens = new SimulatedAccessTokens(this);
        Quotas = new SimulatedQuotas(this);
        Subscriptions = new SubscriptionBook(this);
    }

    public SimulatedPlatform Platform { get; }

    public string AppId { get; }

    public string AppSecret { get; set; }

    public string OriginalId { get; }

    public SimulatedCallback? Callback
    {
        get => Volatile.Read(ref _callback);
        set
        {
            value?.ThrowIfUnfit(IsOfficialAccount, nameof(value));
            Volatile.Write(ref _callback, value);
        }
    }

    public IReadOnlyCollection<string>? IpWhitelist
    {
        get => Volatile.Read(ref _ipWhitelist);
        set
        {
            Volatile.Write(ref _addresses, value is null ? null : new AddressList(value, IsOfficialAccount));
            Volatile.Write(ref _ipWhitelist, value is null ? null : [.. value]);
        }
    }

    public string? OpenPlatform { get; set; }

    public bool IsOfficialAccount { get; }

    public SimulatedOfficialAccount? OfficialAccount { get; set; }

    public SimulatedMiniProgram? MiniProgram { get; set; }

    public IdentifierCodec Identifiers { get; }

    public SimulatedAccessTokens AccessTokens { get; }

    public SimulatedQuotas Quotas { get; }

    public SubscriptionBook Subscriptions { get; }

    public CustomerWindows CustomerWindows { get; } = new();

    /// <summary>Refuses a caller who is not on the list, if there is one.</summary>
    public Answer? CheckAddress(Call call)
    {
        if (Volatile.Read(ref _addresses) is not { } addresses || addresses.Holds(call.Request.Caller))
        {
            return null;
        }

        var address = AddressList.Name(call.Request.Caller);
        var mapped = address.Contains(':', StringComparison.Ordinal) ? address : $"::ffff:{address}";
        return OfficialAccount is { RefusesAddressesAs61004: true }
            ? call.Refuse(61004, $"access clientip is not registered requestIP: {address}")
            : call.Refuse(40164, $"invalid ip {address} ipv6 {mapped}, not in whitelist");
    }

    /// <summary>Pushes an event about a person, with the two fields that the platform puts into those about privacy.</summary>
    public void PushEvent(SimulatedPerson person, string name, (string Name, string Value)[] fields)
    {
        ArgumentNullException.ThrowIfNull(person);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(fields);
        var isAboutPrivacy = name is "user_info_modified" or "user_authorization_revoke" or "user_authorization_cancellation";
        Platform.Callbacks.Raise(
            this, person.Index, name, isAboutPrivacy ? [("OpenID", Identifiers.Encode(person.Index)), ("AppID", AppId), .. fields] : fields);
    }

    public void PushBody(SimulatedPerson person, string body)
    {
        ArgumentNullException.ThrowIfNull(person);
        ArgumentException.ThrowIfNullOrEmpty(body);
        Platform.Callbacks.RaiseBody(this, person.Index, body);
    }

    public bool TryFindPerson(string? openId, out long index)
    {
        index = -1;
        return openId is not null && Identifiers.TryDecode(openId, out index) && Platform.HasPerson(index);
    }
}
