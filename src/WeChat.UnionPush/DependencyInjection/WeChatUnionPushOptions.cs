namespace WeChat.UnionPush;

/// <summary>
/// Settings of one registration: one Mini Program whose users are reached through one Official Account. Checked when the host starts.
/// </summary>
public sealed class WeChatUnionPushOptions
{
    /// <summary>The Official Account (公众号) that sends. Required.</summary>
    public WeChatAppOptions OfficialAccount { get; } = new() { Kind = WeChatAccountKind.OfficialAccount };

    /// <summary>The Mini Program (小程序) whose users receive. Required. Bound to the same Open Platform account as the Official Account.</summary>
    public WeChatAppOptions MiniProgram { get; } = new() { Kind = WeChatAccountKind.MiniProgram };

    /// <summary>
    /// Where the platform is: <c>https://api.weixin.qq.com</c> by default. https, or http on a loopback address for a stand-in of the platform.
    /// </summary>
    public Uri ApiBaseAddress { get; set; } = new("https://api.weixin.qq.com");

    /// <summary>
    /// Other names of the same platform, in the order in which they are tried when the one before cannot be reached or its gateway fails,
    /// such as <c>https://api2.weixin.qq.com</c> (disaster recovery). None by default.
    /// </summary>
    public IList<Uri> FallbackAddresses { get; } = [];

    /// <summary>How access tokens are fetched and kept.</summary>
    public AccessTokenOptions AccessToken { get; } = new();

    /// <summary>Time limits, retries and connections of calls to the platform.</summary>
    public WeChatHttpOptions Http { get; } = new();

    /// <summary>
    /// How long a stopping host, and a container that is disposed, wait for the sends and sign-ins that are under way. New ones are turned away meanwhile
    /// (<see cref="UnionPushStoppingException"/>, and <see cref="ObjectDisposedException"/> in a container that is disposed). 30 seconds by default; a host
    /// waits no longer than its own <c>HostOptions.ShutdownTimeout</c>.
    /// </summary>
    public TimeSpan StopTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How a process takes part in broadcasts.</summary>
    public BroadcastOptions Broadcasts { get; } = new();

    /// <summary>How followers are walked.</summary>
    public FollowerSyncOptions FollowerSync { get; } = new();

    /// <summary>How template messages are sent.</summary>
    public TemplateMessageOptions TemplateMessages { get; } = new();

    /// <summary>How the platform's pushes are received and handled, once <see cref="WeChatUnionPushBuilder.AddCallback"/> was called.</summary>
    public WeChatCallbackOptions Callback { get; } = new();

    /// <summary>How receipts are kept, once <see cref="WeChatUnionPushBuilder.AddReceipts"/> was called.</summary>
    public MessageReceiptOptions Receipts { get; } = new();

    /// <summary>How follow links are made, once <see cref="WeChatUnionPushBuilder.AddFollowLinks"/> was called.</summary>
    public FollowLinkOptions FollowLinks { get; } = new();

    internal RouteApps Apps => new(MiniProgram.AppId, OfficialAccount.AppId);
}
