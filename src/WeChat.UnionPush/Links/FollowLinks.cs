using System.Security.Cryptography;

namespace WeChat.UnionPush;

/// <summary>Makes QR codes over <c>/cgi-bin/qrcode/create</c>, each with a secret of its own.</summary>
internal sealed class FollowLinks(AccountApi api, FollowLinkBook book, FollowLinkOptions options, RouteApps apps, TimeProvider time) : IFollowLinks
{
    private const int SecretSize = 24;

    public async Task<FollowLink> CreateAsync(string miniProgramOpenId, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(miniProgramOpenId);
        var scene = FollowLinkScene.Prefix + Convert.ToHexString(RandomNumberGenerator.GetBytes(SecretSize));
        var expiresAt = time.GetUtcNow() + options.Lifetime;

        // Before the code is there to be scanned.
        await book.AddCodeAsync(miniProgramOpenId, scene, expiresAt, cancellationToken).ConfigureAwait(false);
        var answer = await api.PostOrThrowAsync(
            LinkEndpoints.CreateQrCode,
            writer =>
            {
                writer.WriteNumber("expire_seconds"u8, (long)options.Lifetime.TotalSeconds);
                writer.WriteString("action_name"u8, "QR_STR_SCENE"u8);
                writer.WriteStartObject("action_info"u8);
                writer.WriteStartObject("scene"u8);
                writer.WriteString("scene_str"u8, scene);
                writer.WriteEndObject();
                writer.WriteEndObject();
            },
            cancellationToken).ConfigureAwait(false);
        return new FollowLink(answer.Url!, new Uri("https://mp.weixin.qq.com/cgi-bin/showqrcode?ticket=" + Uri.EscapeDataString(answer.Ticket!)), expiresAt);
    }

    public async ValueTask<FollowLinkStatus> GetStatusAsync(string miniProgramOpenId, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(miniProgramOpenId);
        if (await book.IsLinkedAsync(miniProgramOpenId, cancellationToken).ConfigureAwait(false))
        {
            return FollowLinkStatus.Linked;
        }

        return await book.FindCodeAsync(miniProgramOpenId, cancellationToken).ConfigureAwait(false) switch
        {
            null => FollowLinkStatus.None,
            { IsRefused: true } => FollowLinkStatus.Refused,
            var code => time.GetUtcNow().ToUnixTimeMilliseconds() >= code.ExpiresAt ? FollowLinkStatus.Expired : FollowLinkStatus.Waiting,
        };
    }

    public ValueTask UnlinkAsync(string miniProgramOpenId, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(miniProgramOpenId);
        return book.ForgetAsync([new WeChatIdentity(apps.MiniProgram, miniProgramOpenId)], cancellationToken);
    }
}
