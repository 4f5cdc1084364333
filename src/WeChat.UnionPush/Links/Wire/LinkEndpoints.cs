namespace WeChat.UnionPush;

/// <summary>The endpoint that makes QR codes. One code too many does no harm, so the call is repeated.</summary>
internal static class LinkEndpoints
{
    public static readonly ApiEndpoint<QrCodeAnswer> CreateQrCode =
        new(HttpMethod.Post, "/cgi-bin/qrcode/create", ApiRepeat.Always, static () => LinkJson.Default.QrCodeAnswer) { AnswersSecret = true };
}
