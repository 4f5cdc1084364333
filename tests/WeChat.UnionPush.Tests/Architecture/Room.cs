namespace WeChat.UnionPush.Tests.Architecture;

/// <summary>One folder of the core, or one package, and what its code may use.</summary>
/// <param name="Name">The folder's name.</param>
/// <param name="Why">What the room is, as the reason why it may use no more.</param>
/// <param name="MayUse">Rooms whose types it may name.</param>
internal sealed record Room(string Name, string Why, params string[] MayUse)
{
    private static readonly string[] Leaves = ["Shared", "Concurrency", "Observability"];
    private static readonly string[] Floor = [.. Leaves, "Api", "Storage", "AccessTokens"];

    /// <summary>The rooms from the ground up: each uses only rooms above it in this list.</summary>
    public static readonly IReadOnlyList<Room> All =
    [
        new("Shared", "Shared sources are compiled into several packages, so they stand on nothing of the library."),
        new("Concurrency", "Concurrency holds small tools without any WeChat in them."),
        new("Observability", "Observability takes plain values, so that every room can log and count without knowing another."),
        new("Api", "Api is the road to the platform. It knows no follower, no template, no store and no options root.", Leaves),
        new("Storage", "Storage holds the contracts of all stores and their records. It knows who calls neither the platform nor it.", [.. Leaves, "Api"]),
        new("Shared/Stores", "Shared/Stores is what stores of every kind have in common. It knows the store contracts and no store.", "Shared", "Api", "Storage"),
        new("Shared/Sql", "Shared/Sql is what every SQL store has in common. It knows the store contracts and no driver.", "Shared", "Shared/Stores", "Api", "Storage"),
        new("Storage/InMemory", "The stores in memory keep the contracts as the storage packages do, and know no more than these.",
            [.. Leaves, "Shared/Stores", "Api", "Storage"]),
        new("AccessTokens", "AccessTokens stands on the road and on its store. What the tokens are for is not its business.", [.. Leaves, "Api", "Storage"]),
        new("Identities", "Identities knows people by their ids. Where they come from and what is sent to them is not its business.", Floor),
        new("Followers", "Followers lists the Official Account's followers and saves who they are.", [.. Floor, "Identities"]),
        new("MiniPrograms", "MiniPrograms signs users in and saves who they are.", [.. Floor, "Identities"]),
        new("Links", "Links makes QR codes. Who scanned them is told by the callbacks, and who is linked stands with the identities.", [.. Floor, "Identities"]),
        new("Messages", "Messages sends to one openid. It knows no push, no receipt store and no callback.", Floor),
        new("Receipts", "Receipts keeps what became of messages. A send or a callback tells it; it asks neither.", [.. Floor, "Messages"]),
        new("Callbacks", "Callbacks turns the platform's events into what the rooms below keep.", [.. Floor, "Identities", "Followers", "Messages", "Receipts"]),
        new("Push", "Push is the front door over the rooms below. It knows nobody who uses it.", [.. Floor, "Identities", "Followers", "MiniPrograms", "Messages", "Receipts"]),
        new("Broadcasts", "Broadcasts runs pushes over an audience.", [.. Floor, "Identities", "Followers", "MiniPrograms", "Messages", "Receipts", "Push"]),
        new("Diagnostics", "Diagnostics looks at every room from above. No room needs it to work.",
            [.. Floor, "Storage/InMemory", "Identities", "Followers", "MiniPrograms", "Messages", "Receipts", "Callbacks", "Push", "Broadcasts"]),
        new("DependencyInjection", "DependencyInjection puts the rooms together, so nothing may stand on it.",
            [.. Floor, "Storage/InMemory", "Identities", "Followers", "MiniPrograms", "Links", "Messages", "Receipts", "Callbacks", "Push", "Broadcasts", "Diagnostics"]),
        .. Stores("WeChat.UnionPush.Sqlite", "WeChat.UnionPush.PostgreSql", "WeChat.UnionPush.MySql", "WeChat.UnionPush.EntityFrameworkCore", "WeChat.UnionPush.Redis"),
        new("WeChat.UnionPush.AspNetCore", "The endpoint hands requests to the callbacks' door and adapts what a web host has.", "Concurrency", "Callbacks", "Links", "Storage",
            "Messages", "DependencyInjection"),
        new("WeChat.UnionPush.Testing", "The simulated platform is written from the platform's documentation, so it uses public contracts only.", "Api", "Storage",
            "Messages", "Followers", "MiniPrograms", "Callbacks", "Push", "DependencyInjection", "Shared"),
    ];

    private static IEnumerable<Room> Stores(params string[] packages) =>
        packages.Select(static package =>
            new Room(package, "A storage package knows the store contracts and the builder that it registers with. It knows no HTTP and no other package.", "Shared",
            "Shared/Stores", "Shared/Sql", "Concurrency", "Api", "Storage", "DependencyInjection"));
}
