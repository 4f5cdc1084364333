using System.Globalization;
using WeChat.UnionPush.Tests.Architecture;

namespace WeChat.UnionPush.Tests.DependencyInjection;

/// <summary>The defaults of the options are those that the README tells.</summary>
public sealed class OptionDefaultsTests
{
    // Told in words beside the table's values, or none.
    private static readonly string[] NotInTheTable =
    [
        "Callback:OfficialAccount:Token", "Callback:MiniProgram:Token", "Callback:OfficialAccount:EncodingAesKey",
        "Callback:MiniProgram:EncodingAesKey", "Callback:OfficialAccount:PreviousEncodingAesKey", "Callback:MiniProgram:PreviousEncodingAesKey",
        "Callback:OfficialAccount:Mode", "Callback:MiniProgram:Mode", "Callback:OfficialAccount:ReplayWindow", "Callback:MiniProgram:ReplayWindow",
    ];

    [Fact]
    public void Every_option_has_the_default_that_the_table_tells()
    {
        var told = Told();
        var defaults = new SortedDictionary<string, string>(StringComparer.Ordinal);
        Collect(new WeChatUnionPushOptions(), "", defaults);
        foreach (var name in NotInTheTable)
        {
            Assert.True(defaults.Remove(name), name);
        }

        Assert.Equal(defaults.Select(static option => $"{option.Key} = {option.Value}"), told.Select(static option => $"{option.Key} = {option.Value}"));
    }

    [Fact]
    public void What_the_table_tells_in_words_is_so_too()
    {
        var options = new WeChatUnionPushOptions();
        foreach (var app in (WeChatCallbackAppOptions[])[options.Callback.OfficialAccount, options.Callback.MiniProgram])
        {
            Assert.Equal(
                (WeChatCallbackMode.Safe, TimeSpan.FromMinutes(5), "", null, null),
                (app.Mode, app.ReplayWindow, app.Token, app.EncodingAesKey, app.PreviousEncodingAesKey));
        }

        Assert.Contains("`:ReplayWindow` (5 min)", Readme(), StringComparison.Ordinal);
        Assert.Contains("`:Mode` (`Safe`,", Readme(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_broadcast_has_the_defaults_of_its_documentation()
    {
        var broadcast = new Broadcast(new string('a', 100), BroadcastAudience.AllUsers());
        Assert.Equal((1_000, 0.5, null, null), (broadcast.QuotaReserve, broadcast.StopAtFailureShare, broadcast.Cap, broadcast.QuietHours));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Broadcast(new string('a', 101), BroadcastAudience.AllUsers()));
        Assert.Equal(100, new MessageReceiptQuery().Limit);
    }

    private static string Readme() => File.ReadAllText(Path.Combine(Repository.Root, "README.md"));

    /// <summary>What the table says, in the spelling of <see cref="Spell"/>.</summary>
    private static SortedDictionary<string, string> Told()
    {
        var rows = Readme().Split('\n').SkipWhile(static line => line != "| option | default | |").Skip(2).TakeWhile(static line => line.StartsWith('|'))
            .Select(static line => line.Split('|', StringSplitOptions.TrimEntries))
            .Where(static cells => !cells[1].StartsWith("`Callback:OfficialAccount`", StringComparison.Ordinal));
        var told = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var cells in rows)
        {
            var names = cells[1].Split(", ").Select(static name => name.Trim('`').Replace("0…", "", StringComparison.Ordinal).TrimEnd(':')).ToArray();
            var values = cells[2].Split(", ");
            var prefix = names[0][..(names[0].IndexOf(':', StringComparison.Ordinal) is >= 0 and var colon ? colon : 0)];
            for (var i = 0; i < names.Length; i++)
            {
                told.Add(names[i].StartsWith(':') ? prefix + names[i] : names[i], Value(values[Math.Min(i, values.Length - 1)].Trim('`')));
            }
        }

        return told;
    }

    private static string Value(string text) => text.Split(' ') switch
    {
        ["required"] or ["none"] => "",
        ["on"] => "True",
        ["off"] => "False",
        [var number, "ms"] => Spell(TimeSpan.FromMilliseconds(Number(number))),
        [var number, "s"] => Spell(TimeSpan.FromSeconds(Number(number))),
        [var number, "min"] => Spell(TimeSpan.FromMinutes(Number(number))),
        [var number, "h"] => Spell(TimeSpan.FromHours(Number(number))),
        [var number, "d"] => Spell(TimeSpan.FromDays(Number(number))),
        [var number, "KiB"] => Spell(1024 * Number(number)),
        _ => text,
    };

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    private static void Collect(object section, string prefix, SortedDictionary<string, string> defaults)
    {
        foreach (var property in section.GetType().GetProperties())
        {
            var value = property.GetValue(section);
            if (value?.GetType() is { Namespace: "WeChat.UnionPush" or "WeChat.UnionPush.Callbacks" or "WeChat.UnionPush.Broadcasts" or "WeChat.UnionPush.Links", IsEnum: false })
            {
                Collect(value, $"{prefix}{property.Name}:", defaults);
            }
            else
            {
                defaults.Add(prefix + property.Name, Spell(value));
            }
        }
    }

    private static string Spell(object? value) => value switch
    {
        Uri address => address.OriginalString,
        System.Collections.IEnumerable and not string => "",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };
}
