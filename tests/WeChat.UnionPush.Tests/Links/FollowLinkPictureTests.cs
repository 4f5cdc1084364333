using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using ZXing;
using ZXing.Common;
using ZXing.QrCode;

namespace WeChat.UnionPush.Tests.Links;

/// <summary>The pictures are read by another library than the one that draws them.</summary>
public sealed partial class FollowLinkPictureTests
{
    private static readonly FollowLink Link = new(
        "http://weixin.qq.com/q/02Qh3yVjx0cDk10000g07R", new Uri("https://mp.weixin.qq.com/cgi-bin/showqrcode?ticket=x"), DateTimeOffset.UnixEpoch);

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public void The_PNG_says_what_the_link_says(int pixelsPerModule)
    {
        var (width, height, gray) = ReadPng(Link.ToPng(pixelsPerModule));
        Assert.Equal(width, height);
        Assert.Equal(Link.Url, Decode(width, height, gray));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public void The_SVG_says_what_the_link_says(int pixelsPerModule)
    {
        var (width, height, gray) = PaintSvg(Link.ToSvg(pixelsPerModule));
        Assert.Equal(Link.Url, Decode(width, height, gray));
    }

    [Fact]
    public void A_size_that_nobody_can_mean_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>("pixelsPerModule", () => Link.ToPng(0));
        Assert.Throws<ArgumentOutOfRangeException>("pixelsPerModule", () => Link.ToSvg(101));
    }

    private static string Decode(int width, int height, byte[] gray)
    {
        var source = new RGBLuminanceSource(gray, width, height, RGBLuminanceSource.BitmapFormat.Gray8);
        var hints = new Dictionary<DecodeHintType, object> { [DecodeHintType.PURE_BARCODE] = true };
        return new QRCodeReader().decode(new BinaryBitmap(new GlobalHistogramBinarizer(source)), hints).Text;
    }

    /// <summary>One bit for each pixel and no filters, which is what codes are written with.</summary>
    private static (int Width, int Height, byte[] Gray) ReadPng(ReadOnlySpan<byte> png)
    {
        Assert.Equal([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], png[..8].ToArray());
        int width = 0, height = 0, depth = 0;
        using var packed = new MemoryStream();
        for (var rest = png[8..]; !rest.IsEmpty;)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(rest);
            var chunk = rest.Slice(8, length);
            switch (Encoding.ASCII.GetString(rest.Slice(4, 4)))
            {
                case "IHDR":
                    (width, height, depth) = (BinaryPrimitives.ReadInt32BigEndian(chunk), BinaryPrimitives.ReadInt32BigEndian(chunk[4..]), chunk[8]);
                    break;
                case "IDAT":
                    packed.Write(chunk);
                    break;
            }

            rest = rest[(length + 12)..];
        }

        Assert.Equal(1, depth);
        packed.Position = 0;
        using var unpacked = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionMode.Decompress))
        {
            zlib.CopyTo(unpacked);
        }

        var rows = unpacked.ToArray();
        var stride = 1 + ((width + 7) / 8);
        var gray = new byte[width * height];
        for (var y = 0; y < height; y++)
        {
            Assert.Equal(0, rows[y * stride]);
            for (var x = 0; x < width; x++)
            {
                gray[(y * width) + x] = (rows[(y * stride) + 1 + (x / 8)] >> (7 - (x % 8)) & 1) == 1 ? (byte)255 : (byte)0;
            }
        }

        return (width, height, gray);
    }

    private static (int Width, int Height, byte[] Gray) PaintSvg(string svg)
    {
        var root = XDocument.Parse(svg).Root!;
        Assert.Equal("http://www.w3.org/2000/svg", root.Name.NamespaceName);
        var box = root.Attribute("viewBox")!.Value.Split(' ').Select(static number => int.Parse(number, CultureInfo.InvariantCulture)).ToArray();
        var gray = new byte[box[2] * box[3]];
        Array.Fill(gray, (byte)255);

        // Each square or run of squares is a rectangle: where it begins, how wide it is, and how high.
        foreach (Match run in Runs().Matches(root.Descendants().Single(static element => element.Name.LocalName == "path").Attribute("d")!.Value))
        {
            var (x, y, width, height) = (Number(run, 1), Number(run, 2), Number(run, 3), Number(run, 4));
            for (var line = y; line < y + height; line++)
            {
                gray.AsSpan((line * box[2]) + x, width).Clear();
            }
        }

        return (box[2], box[3], gray);
    }

    private static int Number(Match run, int group) => int.Parse(run.Groups[group].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"M(\d+) (\d+)h(\d+)v(\d+)h-\3z")]
    private static partial Regex Runs();
}
