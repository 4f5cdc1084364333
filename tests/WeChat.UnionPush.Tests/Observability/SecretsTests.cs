using System.Collections.Concurrent;
using WeChat.UnionPush.Testing;

[assembly: AssemblyFixture(typeof(WeChat.UnionPush.Tests.SecretsGuard))]

namespace WeChat.UnionPush.Tests;

/// <summary>
/// Reads everything that the whole run logged, traced, counted and threw, when the last test has ended, for the secrets, tokens and session keys
/// that were in use. A find fails the run.
/// </summary>
public sealed class SecretsGuard : IDisposable
{
    private static readonly ConcurrentDictionary<string, string> Known = new(StringComparer.Ordinal);

    /// <summary>Notes the tokens that a platform has seen in use.</summary>
    internal static void Note(SimulatedPlatform platform)
    {
        foreach (var path in platform.Calls.ByPath.Keys)
        {
            foreach (var call in platform.Calls.Recent(path))
            {
                foreach (var parameter in call.Address.Query.TrimStart('?').Split('&'))
                {
                    if (parameter.Split('=') is ["access_token" or "js_code" or "session_key", { Length: >= 16 } value])
                    {
                        Note(Uri.UnescapeDataString(value), "token or code of a query");
                    }
                }
            }
        }
    }

    internal static void Note(string secret, string kind) => Known.TryAdd(secret, kind);

    /// <summary>The kind and the first line of every find.</summary>
    internal static IReadOnlyList<string> Find(IEnumerable<string> lines)
    {
        var finds = new List<string>();
        foreach (var line in lines)
        {
            // Most lines hold nothing as long as a secret; the words of those that do are looked up.
            foreach (var word in line.Split([' ', '"', '\'', '=', '&', '?', ',', ';', '(', ')', '<', '>', '\n', '\r', '\t'], StringSplitOptions.RemoveEmptyEntries))
            {
                if (word.Length >= 16 && (word.Contains(Secrets.Marker, StringComparison.Ordinal) || Known.ContainsKey(word) || Known.ContainsKey(Uri.UnescapeDataString(word))))
                {
                    finds.Add($"{Known.GetValueOrDefault(word, "secret")} in: {line.Split('\n')[0]}");
                }
            }
        }

        return finds;
    }

    public void Dispose()
    {
        var finds = Find(Captured.Lines);
        if (finds.Count > 0)
        {
            throw new InvalidOperationException($"{finds.Count} captured lines hold a secret. The first: {finds[0]}");
        }
    }
}

public sealed class SecretsTests
{
    [Fact]
    public async Task Neither_logs_nor_traces_nor_metrics_nor_exceptions_hold_a_secret()
    {
        string token;
        await using (var town = new Town())
        {
            var person = await town.AddReachablePersonAsync();
            await town.Push.PushAsync(person.OpenIdIn(town.MiniProgram), town.Message());

            // Every kind of failure on every road that carries a secret.
            await Assert.ThrowsAsync<WeChatApiException>(() => town.Push.SignInAsync("a-code-that-is-none-at-all"));
            await Assert.ThrowsAsync<WeChatApiException>(
                () => town.Push.PushAsync(person.OpenIdIn(town.MiniProgram), TemplateMessage.Create("no-such-template").Set("a", "b").Build()));
            town.Account.AccessTokens.RefuseCurrent();
            await town.Push.PushAsync(person.OpenIdIn(town.MiniProgram), town.Message("b"));
            town.Account.AccessTokens.RefuseAllWith = 42001;
            await Assert.ThrowsAsync<WeChatApiException>(() => town.Push.PushAsync(person.OpenIdIn(town.MiniProgram), town.Message("c")));
            token = town.Platform.Calls.Recent("/cgi-bin/message/template/send")[0].Address.Query.Split('=')[1];
        }

        Assert.InRange(token.Length, 16, 1000);
        Assert.InRange(Captured.Count, 10, int.MaxValue);
        Assert.Empty(SecretsGuard.Find(Captured.Lines));

        // The search finds what it is there to find.
        Assert.Single(SecretsGuard.Find([$"GET https://api.weixin.qq.com/cgi-bin/user/get?access_token={token} failed"]));
        Assert.Single(SecretsGuard.Find([$"secret={Secrets.OfficialAccount}"]));
    }

    [Fact]
    public void What_holds_a_secret_does_not_print_it()
    {
        const string Secret = Secrets.Marker + "-and-more-of-it";
        var token = new AccessToken(Secret, DateTimeOffset.UnixEpoch);
        Assert.DoesNotContain(Secret, token.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, new StoredAccessToken { Token = token }.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, new MiniProgramUser("o", null, Secret).ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, new EncryptedOpenData(Secret, Secret).ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, new OpenData("o", null, default, Secret).ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, new WeChatAppOptions { AppSecret = Secret }.ToString()!, StringComparison.Ordinal);
    }
}
