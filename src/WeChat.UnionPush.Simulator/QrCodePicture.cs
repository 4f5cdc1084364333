using Microsoft.AspNetCore.Http;
using QRCoder;

namespace WeChat.UnionPush.Simulator;

/// <summary>Draws the QR code of a ticket, as <c>mp.weixin.qq.com/cgi-bin/showqrcode</c> does.</summary>
internal static class QrCodePicture
{
    public static async Task SendAsync(HttpContext context, PlatformSimulator simulator)
    {
        var ticket = context.Request.Query["ticket"].ToString();
        var code = simulator.Platform.Apps.Select(app => app.OfficialAccount?.QrCodeBook.Find(ticket)).FirstOrDefault(static code => code is not null)
            ?? throw new SimulatorException(404, "There is no QR code of that ticket.");
        using var data = QRCodeGenerator.GenerateQrCode(code.Url, QRCodeGenerator.ECCLevel.M);
        using var png = new PngByteQRCode(data);
        context.Response.ContentType = "image/png";
        await context.Response.Body.WriteAsync(png.GetGraphic(8), context.RequestAborted).ConfigureAwait(false);
    }
}
