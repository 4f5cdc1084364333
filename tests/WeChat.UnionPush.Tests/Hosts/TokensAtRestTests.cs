using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting.Json;
using WeChat.UnionPush.Tests.Stores;

namespace WeChat.UnionPush.Tests.Hosts;

/// <summary>Secrets in what is stored, serialised and logged with all its members.</summary>
public sealed class TokensAtRestTests
{
    public static TheoryData<string> Stores => ["sqlite", "memory", "distributed", "of the host's"];

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task A_protected_token_is_readable_in_no_store_and_shared_by_processes_with_the_same_keys(string which)
    {
        using var folder = new TemporaryFolder();
        var file = folder["unionpush.db"];
        await using var town = new Town();
        var store = new InMemoryAccessTokenStore(town.Time);
        var keys = new EphemeralDataProtectionProvider();
        var cache = new Microsoft.Extensions.Caching.Distributed.MemoryDistributedCache(
            Microsoft.Extensions.Options.Options.Create(new Microsoft.Extensions.Caching.Memory.MemoryDistributedCacheOptions()));
        await using var first = town.Build(builder => Choose(builder, keys));
        await using var second = town.Build(builder => Choose(builder, keys));
        await using var stranger = town.Build(builder => Choose(builder, new EphemeralDataProtectionProvider()));

        var token = (await first.GetRequiredService<IAccessTokenProvider>().GetAsync(Town.OfficialAccountAppId)).Reveal();
        Assert.Equal(token, (await second.GetRequiredService<IAccessTokenProvider>().GetAsync(Town.OfficialAccountAppId)).Reveal());
        Assert.Equal(which == "memory" ? 2 : 1, town.Platform.Calls.Count("/cgi-bin/stable_token"));

        var stored = (await first.GetRequiredService<IAccessTokenStore>().GetAsync(Town.OfficialAccountAppId))!.Token!.Reveal();
        Assert.DoesNotContain(token, stored, StringComparison.Ordinal);

        // Other keys: nothing can be read, so a token call is made.
        Assert.Equal(token, (await stranger.GetRequiredService<IAccessTokenProvider>().GetAsync(Town.OfficialAccountAppId)).Reveal());
        await first.DisposeAsync();
        await second.DisposeAsync();
        await stranger.DisposeAsync();
        foreach (var path in Directory.GetFiles(Path.GetDirectoryName(file)!))
        {
            Assert.True((await File.ReadAllBytesAsync(path)).AsSpan().IndexOf(Encoding.UTF8.GetBytes(token)) < 0, path);
        }

        void Choose(WeChatUnionPushBuilder builder, IDataProtectionProvider provider)
        {
            builder.UseDataProtection();
            builder.Services.AddSingleton(provider);
            _ = which switch
            {
                "sqlite" => builder.UseSqlite($"Data Source={file}"),
                "distributed" => builder.UseAccessTokenStore(services => new DistributedAccessTokenStore(cache, services.GetRequiredService<TimeProvider>())),
                "of the host's" => builder.UseAccessTokenStore(_ => store),
                _ => builder,
            };
        }
    }

    [Fact]
    public async Task A_token_that_was_stored_before_protection_costs_one_call_and_is_protected_then()
    {
        await using var town = new Town();
        var store = new InMemoryAccessTokenStore(town.Time);
        await using var before = town.Build(builder => builder.UseAccessTokenStore(_ => store));
        await using var after = town.Build(builder => builder.UseAccessTokenStore(_ => store).UseDataProtection());
        await before.GetRequiredService<IAccessTokenProvider>().GetAsync(Town.OfficialAccountAppId);

        var token = await after.GetRequiredService<IAccessTokenProvider>().GetAsync(Town.OfficialAccountAppId);

        Assert.Equal(2, town.Platform.Calls.Count("/cgi-bin/stable_token"));
        Assert.NotEqual(token.Reveal(), (await store.GetAsync(Town.OfficialAccountAppId))!.Token!.Reveal());
    }

    [Fact]
    public void What_holds_a_secret_shows_it_to_no_logger_and_no_serializer_that_walks_through_members()
    {
        const string Text = Secrets.Marker + "-and-more-of-it";
        var token = new AccessToken(Text, DateTimeOffset.UnixEpoch);
        object[] holders =
        [
            token,
            new StoredAccessToken { Token = token },
            new MiniProgramUser("o1", "u1", Text),
            (SecretText)Text,
            new[] { token },
            new Dictionary<string, AccessToken> { ["wx1"] = token },
        ];
        var sink = new TextSink();
        using var serilog = new LoggerConfiguration().MinimumLevel.Verbose().WriteTo.Sink(sink).CreateLogger();
        foreach (var holder in holders)
        {
            serilog.Information("{@Holder} {Holder} {$Holder}", holder, holder, holder);
            sink.Texts.Add(JsonSerializer.Serialize(holder, holder.GetType()));
            sink.Texts.Add($"{holder}");
        }

        var options = new WeChatUnionPushOptions();
        options.OfficialAccount.AppSecret = options.MiniProgram.AppSecret = options.Callback.OfficialAccount.Token = Text;
        options.Callback.MiniProgram.EncodingAesKey = options.Callback.MiniProgram.PreviousEncodingAesKey = Text;
        sink.Texts.Add(JsonSerializer.Serialize(options));
        sink.Texts.Add($"{options} {options.OfficialAccount} {options.Callback.OfficialAccount}");

        Assert.Equal((3 * holders.Length) + 2, sink.Texts.Count);
        Assert.All(sink.Texts, static text => Assert.DoesNotContain(Secrets.Marker, text, StringComparison.Ordinal));
        Assert.Contains(sink.Texts, static text => text.Contains("o1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Files_of_SQLite_are_readable_by_their_owner_alone()
    {
        using var folder = new TemporaryFolder();
        await using var town = new Town(choose: builder => builder.UseSqlite($"Data Source={folder["unionpush.db"]}"));
        await town.AddReachablePersonAsync();

        var files = Directory.GetFiles(folder.Path);
        Assert.Contains(folder["unionpush.db-wal"], files);
        foreach (var file in files)
        {
            // Windows has no such modes.
            Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(file) == (UnixFileMode.UserRead | UnixFileMode.UserWrite), file);
        }
    }

    private sealed class TextSink : ILogEventSink
    {
        private readonly JsonFormatter _formatter = new(renderMessage: true);

        public List<string> Texts { get; } = [];

        public void Emit(LogEvent logEvent)
        {
            using var writer = new StringWriter();
            _formatter.Format(logEvent, writer);
            Texts.Add(writer.ToString());
        }
    }
}
