using QRCoder;

namespace WeChat.UnionPush;

/// <summary>Draws the QR code of a <see cref="FollowLink"/>, for pages that do not show WeChat's own picture. The picture holds the secret: show it to this user alone.</summary>
public static class FollowLinkPictures
{
    // A phone reads it from a screen also where a logo or a crack covers a part.
    private const QRCodeGenerator.ECCLevel Level = QRCodeGenerator.ECCLevel.M;

    /// <summary>The code as a PNG, black on white with a white margin.</summary>
    /// <param name="link">The link.</param>
    /// <param name="pixelsPerModule">How wide each square of the code is, in pixels; the picture is some forty times as wide.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="pixelsPerModule"/> is not from 1 to 100.</exception>
    public static byte[] ToPng(this FollowLink link, int pixelsPerModule = 8)
    {
        using var data = Encode(link, pixelsPerModule);
        using var code = new PngByteQRCode(data);
        return code.GetGraphic(pixelsPerModule);
    }

    /// <summary>The code as an SVG, black on white with a white margin.</summary>
    /// <param name="link">The link.</param>
    /// <param name="pixelsPerModule">How wide each square of the code is, in pixels of the SVG's own size; the picture can be scaled.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="pixelsPerModule"/> is not from 1 to 100.</exception>
    public static string ToSvg(this FollowLink link, int pixelsPerModule = 8)
    {
        using var data = Encode(link, pixelsPerModule);
        using var code = new SvgQRCode(data);
        return code.GetGraphic(pixelsPerModule);
    }

    private static QRCodeData Encode(FollowLink link, int pixelsPerModule)
    {
        ArgumentNullException.ThrowIfNull(link);
        ArgumentOutOfRangeException.ThrowIfLessThan(pixelsPerModule, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(pixelsPerModule, 100);
        return QRCodeGenerator.GenerateQrCode(link.Url, Level);
    }
}
