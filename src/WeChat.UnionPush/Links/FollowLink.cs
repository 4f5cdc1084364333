namespace WeChat.UnionPush;

/// <summary>A QR code that a Mini Program user can scan, or press long, to follow the Official Account and be linked.</summary>
/// <param name="Url">What the code says, for a picture of the host's own making. It holds the secret: show it to this user alone.</param>
/// <param name="Picture">Address of the picture at WeChat, which needs no login.</param>
/// <param name="ExpiresAt">Until when it can be scanned.</param>
public sealed record FollowLink(string Url, Uri Picture, DateTimeOffset ExpiresAt);
