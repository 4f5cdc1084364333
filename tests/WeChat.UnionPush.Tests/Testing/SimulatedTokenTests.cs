using System.Text.Json;
using static WeChat.UnionPush.Tests.PlatformFixture;

namespace WeChat.UnionPush.Tests.Testing;

public sealed class SimulatedTokenTests
{
    private static string Text(JsonElement answer) => answer.GetProperty("access_token").GetString()!;

    private static int Left(JsonElement answer) => answer.GetProperty("expires_in").GetInt32();

    [Fact]
    public async Task A_classic_token_replaces_the_one_before_which_works_five_minutes_more()
    {
        using var fixture = new PlatformFixture();
        var first = await fixture.ClassicTokenAsync();
        Assert.Equal(7200, Left(first));
        Assert.False(first.TryGetProperty("errcode", out _));
        Assert.InRange(Text(first).Length, 136, 512);
        var second = await fixture.ClassicTokenAsync();
        Assert.NotEqual(Text(first), Text(second));
        fixture.Time.Advance(TimeSpan.FromSeconds(299));
        Assert.Equal(0, await fixture.TryTokenAsync(Text(first)));
        fixture.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(40001, await fixture.TryTokenAsync(Text(first)));
        Assert.Equal(0, await fixture.TryTokenAsync(Text(second)));
    }

    [Fact]
    public async Task A_token_that_has_lived_its_time_answers_42001()
    {
        using var fixture = new PlatformFixture();
        var token = Text(await fixture.ClassicTokenAsync());
        fixture.Time.Advance(TimeSpan.FromSeconds(7199));
        Assert.Equal(0, await fixture.TryTokenAsync(token));
        fixture.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(42001, await fixture.TryTokenAsync(token));
    }

    [Fact]
    public async Task Normal_mode_gives_the_same_token_with_the_seconds_that_are_left()
    {
        using var fixture = new PlatformFixture();
        var first = await fixture.StableTokenAsync();
        fixture.Time.Advance(TimeSpan.FromSeconds(6855));
        var second = await fixture.StableTokenAsync();
        Assert.Equal(Text(first), Text(second));
        Assert.Equal(345, Left(second));
    }

    [Fact]
    public async Task Normal_mode_rotates_in_the_last_five_minutes_and_the_old_token_works_until_its_own_end()
    {
        using var fixture = new PlatformFixture();
        var first = Text(await fixture.StableTokenAsync());
        fixture.Time.Advance(TimeSpan.FromSeconds(6899));
        Assert.Equal(first, Text(await fixture.StableTokenAsync()));
        fixture.Time.Advance(TimeSpan.FromSeconds(1));
        var second = await fixture.StableTokenAsync();
        Assert.NotEqual(first, Text(second));
        Assert.Equal(7200, Left(second));
        fixture.Time.Advance(TimeSpan.FromSeconds(299));
        Assert.Equal(0, await fixture.TryTokenAsync(first));
        fixture.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(42001, await fixture.TryTokenAsync(first));
        Assert.Equal(0, await fixture.TryTokenAsync(Text(second)));
    }

    [Fact]
    public async Task Force_mode_ends_the_old_token_at_once_and_does_nothing_within_thirty_seconds()
    {
        using var fixture = new PlatformFixture();
        var first = Text(await fixture.StableTokenAsync());
        var forced = Text(await fixture.StableTokenAsync(force: true));
        Assert.NotEqual(first, forced);
        Assert.Equal(40001, await fixture.TryTokenAsync(first));
        fixture.Time.Advance(TimeSpan.FromSeconds(29));
        Assert.Equal(forced, Text(await fixture.StableTokenAsync(force: true)));
        fixture.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.NotEqual(forced, Text(await fixture.StableTokenAsync(force: true)));
    }

    [Fact]
    public async Task Twenty_tokens_may_be_forced_on_a_day_in_China()
    {
        using var fixture = new PlatformFixture();
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(0, ErrorCode(await fixture.StableTokenAsync(force: true)));
            fixture.Time.Advance(TimeSpan.FromSeconds(30));
        }

        Assert.Equal(45009, ErrorCode(await fixture.StableTokenAsync(force: true)));
        Assert.Equal(0, ErrorCode(await fixture.StableTokenAsync()));
        fixture.Time.SetUtcNow(new DateTimeOffset(2026, 1, 5, 23, 59, 59, TimeSpan.FromHours(8)));
        Assert.Equal(45009, ErrorCode(await fixture.StableTokenAsync(force: true)));
        fixture.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(0, ErrorCode(await fixture.StableTokenAsync(force: true)));
    }

    [Fact]
    public async Task The_two_channels_do_not_disturb_each_other()
    {
        using var fixture = new PlatformFixture();
        var classic = Text(await fixture.ClassicTokenAsync());
        var stable = Text(await fixture.StableTokenAsync());
        await fixture.StableTokenAsync(force: true);
        Assert.Equal(0, await fixture.TryTokenAsync(classic));
        Assert.Equal(40001, await fixture.TryTokenAsync(stable));
        await fixture.ClassicTokenAsync();
        fixture.Time.Advance(TimeSpan.FromMinutes(6));
        Assert.Equal(40001, await fixture.TryTokenAsync(classic));
        Assert.Equal(0, await fixture.TryTokenAsync(Text(await fixture.StableTokenAsync())));
    }

    [Fact]
    public async Task Stable_token_takes_a_JSON_body_and_nothing_else()
    {
        using var fixture = new PlatformFixture();
        using var form = new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["grant_type"] = "client_credential",
            ["appid"] = fixture.Account.AppId,
            ["secret"] = Secret,
        });
        using var response = await fixture.Client.PostAsync("/cgi-bin/stable_token", form);
        var answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        Assert.Equal(41002, ErrorCode(answer));
        Assert.StartsWith("appid missing", ErrorText(answer), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("client_credential", "wx00000000000000aa", "", 41004)]
    [InlineData("client_credential", "", Secret, 41002)]
    [InlineData("client_credential", "wx00000000000000aa", "wrong", 40125)]
    [InlineData("client_credential", "wx00000000000000cc", Secret, 40013)]
    [InlineData("authorization_code", "wx00000000000000aa", Secret, 40002)]
    public async Task Wrong_credentials_get_the_same_codes_on_both_channels(string grantType, string appId, string secret, int errorCode)
    {
        using var fixture = new PlatformFixture();
        Assert.Equal(errorCode, ErrorCode(await fixture.GetAsync($"/cgi-bin/token?grant_type={grantType}&appid={appId}&secret={secret}")));
        Assert.Equal(errorCode, ErrorCode(await fixture.PostAsync(
            "/cgi-bin/stable_token", $$"""{"grant_type":"{{grantType}}","appid":"{{appId}}","secret":"{{secret}}"}""")));
    }

    [Fact]
    public async Task The_whitelist_a_frozen_and_a_reset_secret_close_both_channels()
    {
        using var fixture = new PlatformFixture();
        var token = await fixture.TokenAsync();
        fixture.Account.IpWhitelist = ["1.2.3.4"];
        var refused = await fixture.StableTokenAsync();
        Assert.Equal(40164, ErrorCode(refused));
        Assert.StartsWith("invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist rid: ", ErrorText(refused), StringComparison.Ordinal);
        Assert.Equal(40164, ErrorCode(await fixture.ClassicTokenAsync()));
        fixture.Account.IpWhitelist = null;
        fixture.Account.AccessTokens.AppSecretFrozen = true;
        Assert.Equal(40243, ErrorCode(await fixture.StableTokenAsync()));
        Assert.Equal(0, await fixture.TryTokenAsync(token));
        fixture.Account.AccessTokens.AppSecretFrozen = false;
        fixture.Account.AppSecret = "another";
        Assert.Equal(40125, ErrorCode(await fixture.ClassicTokenAsync()));
    }

    [Fact]
    public async Task Classic_tokens_are_counted_by_day_and_stable_ones_by_minute()
    {
        using var fixture = new PlatformFixture();
        fixture.Account.Quotas.SetDailyLimit("/cgi-bin/token", 2);
        fixture.Account.Quotas.SetMinuteLimit("/cgi-bin/stable_token", 1);
        await fixture.ClassicTokenAsync();
        await fixture.ClassicTokenAsync();
        var spent = await fixture.ClassicTokenAsync();
        Assert.Equal(45009, ErrorCode(spent));
        Assert.Contains("daily", ErrorText(spent), StringComparison.Ordinal);
        await fixture.StableTokenAsync();
        var fast = await fixture.StableTokenAsync();
        Assert.Equal(45011, ErrorCode(fast));
        Assert.Contains("minute-quota", ErrorText(fast), StringComparison.Ordinal);
        fixture.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(0, ErrorCode(await fixture.StableTokenAsync()));
        Assert.Equal(45009, ErrorCode(await fixture.ClassicTokenAsync()));
        fixture.Time.Advance(TimeSpan.FromDays(1));
        Assert.Equal(0, ErrorCode(await fixture.ClassicTokenAsync()));
    }

    [Fact]
    public async Task A_lifetime_can_be_chosen_and_is_still_not_new_on_every_call()
    {
        using var fixture = new PlatformFixture();
        fixture.Account.AccessTokens.Lifetime = TimeSpan.FromSeconds(345);
        var first = await fixture.StableTokenAsync();
        Assert.Equal(345, Left(first));
        fixture.Time.Advance(TimeSpan.FromSeconds(100));
        Assert.Equal(Text(first), Text(await fixture.StableTokenAsync()));
        Assert.Equal(345, Left(await fixture.ClassicTokenAsync()));
    }

    [Fact]
    public async Task Another_instance_takes_the_token_with_and_without_the_overlap()
    {
        using var fixture = new PlatformFixture();
        var first = Text(await fixture.StableTokenAsync());
        fixture.Account.AccessTokens.Replace(TimeSpan.FromMinutes(5));
        Assert.Equal(0, await fixture.TryTokenAsync(first));
        var second = Text(await fixture.StableTokenAsync());
        Assert.NotEqual(first, second);
        fixture.Time.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(40001, await fixture.TryTokenAsync(first));
        Assert.Equal(0, await fixture.TryTokenAsync(second));
        fixture.Account.AccessTokens.Replace();
        Assert.Equal(40001, await fixture.TryTokenAsync(second));
        Assert.Equal(0, await fixture.TryTokenAsync(Text(await fixture.StableTokenAsync())));
    }

    [Fact]
    public async Task A_token_may_end_early()
    {
        using var fixture = new PlatformFixture();
        var first = Text(await fixture.StableTokenAsync());
        fixture.Account.AccessTokens.Expire();
        Assert.Equal(42001, await fixture.TryTokenAsync(first));
        Assert.Equal(0, await fixture.TryTokenAsync(Text(await fixture.StableTokenAsync())));
    }

    [Fact]
    public async Task Normal_mode_may_keep_handing_back_a_token_that_business_calls_refuse()
    {
        using var fixture = new PlatformFixture();
        var first = Text(await fixture.StableTokenAsync());
        fixture.Account.AccessTokens.RefuseCurrent(40014);
        Assert.Equal(40014, await fixture.TryTokenAsync(first));
        Assert.Equal(first, Text(await fixture.StableTokenAsync()));
        var forced = Text(await fixture.StableTokenAsync(force: true));
        Assert.Equal(0, await fixture.TryTokenAsync(forced));
        fixture.Account.AccessTokens.RefuseAllWith = 40001;
        Assert.Equal(40001, await fixture.TryTokenAsync(forced));
        fixture.Account.AccessTokens.RefuseAllWith = null;
        Assert.Equal(0, await fixture.TryTokenAsync(forced));
    }
}
