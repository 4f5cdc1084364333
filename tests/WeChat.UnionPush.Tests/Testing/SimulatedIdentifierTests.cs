using FsCheck;
using FsCheck.Fluent;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Testing;

public sealed class SimulatedIdentifierTests
{
    [Fact]
    public void An_openid_leads_back_to_its_person_and_only_in_its_own_app()
    {
        var codec = new IdentifierCodec(1, "wx1");
        var other = new IdentifierCodec(1, "wx2");
        Check.One(Config.QuickThrowOnFailure, Prop.ForAll(ArbMap.Default.ArbFor<NonNegativeInt>(), number =>
        {
            var openId = codec.Encode(number.Get);
            return openId.Length == 28 && openId[0] == 'o'
                && codec.TryDecode(openId, out var index) && index == number.Get
                && !other.TryDecode(openId, out _)
                && codec.Encode(number.Get) == openId;
        }));
    }

    [Fact]
    public void A_text_that_differs_in_one_character_is_nobody()
    {
        var codec = new IdentifierCodec(1, "wx1");
        var openId = codec.Encode(42);
        for (var i = 0; i < openId.Length; i++)
        {
            foreach (var character in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_ é中".Where(character => character != openId[i]))
            {
                Assert.False(codec.TryDecode(openId[..i] + character + openId[(i + 1)..], out _));
            }
        }

        Assert.False(codec.TryDecode("", out _));
        Assert.False(codec.TryDecode(openId + "A", out _));
    }

    [Fact]
    public void A_million_people_have_a_million_openids()
    {
        var platform = new SimulatedPlatform(seed: 3);
        var account = platform.AddOfficialAccount("wx1", "secret", "brand");
        Assert.Equal(1_000_000, platform.AddPeople(1_000_000).Select(person => person.OpenIdIn(account)).Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public void One_person_has_one_UnionID_in_all_apps_of_an_Open_Platform_account_and_another_under_another()
    {
        var platform = new SimulatedPlatform(seed: 3);
        var person = platform.AddPerson();
        Assert.Equal(person.UnionIdUnder("a"), person.UnionIdUnder("a"));
        Assert.NotEqual(person.UnionIdUnder("a"), person.UnionIdUnder("b"));
        Assert.Equal(28, person.UnionIdUnder("a").Length);
    }

    [Fact]
    public void The_same_seed_makes_the_same_people_and_another_seed_others()
    {
        static string OpenId(int seed)
        {
            var platform = new SimulatedPlatform(seed: seed);
            return platform.AddPerson().OpenIdIn(platform.AddMiniProgram("wx1", "secret"));
        }

        Assert.Equal(OpenId(1), OpenId(1));
        Assert.NotEqual(OpenId(1), OpenId(2));
    }
}
