using Fovea.Reporting.Documents;

namespace Fovea.Reporting.Html;

/// <summary>Embeds pictures as data URIs.</summary>
internal static class ImageRenderer
{
    private static ReadOnlySpan<byte> Png => [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A];

    private static ReadOnlySpan<byte> Jpeg => [0xFF, 0xD8, 0xFF];

    public static void Render(Markup page, ReportImage image)
    {
        page.Open("span", ("class", image.Pixelated ? "image pixelated" : "image"))
            .Void("img", ("src", Uri(image)), ("alt", image.AltText));
        if (image.Label is { Length: > 0 } label)
        {
            page.Leaf("span", label, ("class", "label"));
        }

        page.Close();
    }

    /// <summary>The data URI. The kind is read from the file's first bytes, never by a name from outside.</summary>
    public static string Uri(ReportImage image)
    {
        var bytes = image.Data.Span;
        var kind = bytes.StartsWith(Png) ? "png" : bytes.StartsWith(Jpeg) ? "jpeg" : throw new FoveaException(
            $"report image \"{image.AltText}\": expected a PNG or JPEG file, got {bytes.Length} bytes that begin otherwise; encode the pixels first");
        return $"data:image/{kind};base64,{Convert.ToBase64String(bytes)}";
    }
}
