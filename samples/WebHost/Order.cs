using System.ComponentModel.DataAnnotations;

namespace WebHost;

public sealed record Order(
    [property: Required, StringLength(64)] string Id,
    [property: Required, StringLength(200)] string Title,
    [property: Range(0.01, 9_999_999)] decimal Total);
