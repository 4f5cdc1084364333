namespace WebHost;

internal sealed record Order(string Id, string Title, decimal Total);
