namespace WeChat.UnionPush.StandIn;

/// <summary>What <c>wx.getUserInfo</c> hands to a Mini Program's page.</summary>
public sealed record OpenDataOfPerson(string EncryptedData, string Iv, string RawData, string Signature);
