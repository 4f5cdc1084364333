namespace WeChat.UnionPush.Testing;

/// <summary>
/// The access tokens of one account, on two independent channels: <c>/cgi-bin/stable_token</c>
/// (<see href="https://developers.weixin.qq.com/doc/service/api/base/api_getstableaccesstoken"/>) and <c>/cgi-bin/token</c>
/// (<see href="https://developers.weixin.qq.com/doc/service/api/base/api_getaccesstoken"/>).
/// </summary>
public sealed class SimulatedAccessTokens
{
    internal static readonly int ForcedPerDay = PlatformRules.Number("forced refreshes");

    private static readonly TimeSpan Overlap = PlatformRules.Seconds("token overlap");
    private static readonly TimeSpan ForceInterval = PlatformRules.Seconds("forced refresh interval");
    private readonly Gate _gate = new();
    private readonly SimulatedApp _app;
    private IssuedToken? _stable;
    private IssuedToken? _classic;
    private DateTimeOffset _forcedAt = DateTimeOffset.MinValue;
    private long _forcedOn;
    private int _forcedCount;
    private TimeSpan _lifetime = PlatformRules.Seconds("token lifetime");
    private int _refuseAllWith;

    internal SimulatedAccessTokens(SimulatedApp app) => _app = app;

    /// <summary>The lifetime of tokens, in whole seconds. 7,200 s by default. It applies to tokens issued from now on.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Less than a second.</exception>
    public TimeSpan Lifetime
    {
        get => _lifetime;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.FromSeconds(1));
            _lifetime = value;
        }
    }

    /// <summary>Whether the AppSecret is frozen in the console (冻结): both token calls answer 40243; tokens already issued keep working.</summary>
    public bool AppSecretFrozen { get; set; }

    /// <summary>
    /// When set, every business call refuses every token of the account with this code (40001, 40014 or 42001), however new it is,
    /// while the token calls still issue tokens. <see langword="null"/> by default.
    /// </summary>
    public int? RefuseAllWith
    {
        get => _refuseAllWith == 0 ? null : _refuseAllWith;
        set => _refuseAllWith = value ?? 0;
    }

    /// <summary>
    /// Another instance fetches a token: on both channels a new token becomes the current one, and the old one answers 40001
    /// after <paramref name="overlap"/>.
    /// </summary>
    /// <param name="overlap">How long the old tokens still work: zero by default (a forced refresh), five minutes for the overlap of the classic channel.</param>
    public void Replace(TimeSpan overlap = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(overlap, TimeSpan.Zero);
        lock (_gate)
        {
            var now = _app.Platform.Now;
            _stable?.RevokeAt(now + overlap);
            _classic?.RevokeAt(now + overlap);
            _stable = Mint(now);
            _classic = Mint(now);
        }
    }

    /// <summary>The current tokens expire early: business calls answer 42001, and the next token call issues new ones.</summary>
    public void Expire()
    {
        lock (_gate)
        {
            var now = _app.Platform.Now;
            foreach (var token in new[] { _stable, _classic })
            {
                if (token is not null && token.ExpiresAt > now)
                {
                    token.ExpiresAt = now;
                }
            }
        }
    }

    /// <summary>
    /// Business calls refuse the current tokens, but <c>stable_token</c> does not know this and keeps returning the refused token until it expires
    /// or until a new one is forced.
    /// </summary>
    /// <param name="errorCode">What the business calls answer: 40001 by default; 40014 and 42001 occur too.</param>
    public void RefuseCurrent(int errorCode = 40001)
    {
        ArgumentOutOfRangeException.ThrowIfZero(errorCode);
        lock (_gate)
        {
            _stable?.RefuseWith(errorCode);
            _classic?.RefuseWith(errorCode);
        }
    }

    internal int Check(IssuedToken token, DateTimeOffset now) => _refuseAllWith is not 0 and var code ? code : token.Check(now);

    internal IssuedToken TakeClassic(DateTimeOffset now)
    {
        lock (_gate)
        {
            _classic?.RevokeAt(now + Overlap);
            return _classic = Mint(now);
        }
    }

    internal IssuedToken TakeStable(DateTimeOffset now)
    {
        lock (_gate)
        {
            if (_stable is not { } current || now >= current.ExpiresAt)
            {
                return _stable = Mint(now);
            }

            // The platform rotates tokens five minutes before they expire. A token with a shorter lifetime would otherwise be new on every call.
            var rotateBefore = Overlap < _lifetime / 2 ? Overlap : _lifetime / 2;
            return current.ExpiresAt - now <= rotateBefore ? _stable = Mint(now) : current;
        }
    }

    internal IssuedToken? ForceStable(DateTimeOffset now)
    {
        lock (_gate)
        {
            if (_stable is { } current && now < current.ExpiresAt && now - _forcedAt < ForceInterval)
            {
                return current;
            }

            var today = ChinaTime.Day(now);
            if (_forcedOn != today)
            {
                _forcedOn = today;
                _forcedCount = 0;
            }

            if (_forcedCount >= ForcedPerDay)
            {
                return null;
            }

            _forcedCount++;
            _forcedAt = now;
            _stable?.RevokeAt(now);
            return _stable = Mint(now);
        }
    }

    private IssuedToken Mint(DateTimeOffset now)
    {
        var token = new IssuedToken(_app, $"98_{_app.Platform.NextText(_app.IsOfficialAccount ? 161 : 133)}", now + _lifetime);
        _app.Platform.Register(token);
        return token;
    }
}
