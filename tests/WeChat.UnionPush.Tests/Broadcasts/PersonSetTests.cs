using System.Globalization;
using WeChat.UnionPush.Broadcasts;

namespace WeChat.UnionPush.Tests.Broadcasts;

public sealed class PersonSetTests
{
    [Fact]
    public void Each_of_many_people_is_new_once()
    {
        var set = new PersonSet();
        for (var i = 0; i < 200_000; i++)
        {
            Assert.True(set.Add(NameOf(i)), NameOf(i));
            Assert.False(set.Add(NameOf(i / 2)), NameOf(i / 2));
        }

        Assert.Equal(200_000, set.Count);
        Assert.All(Enumerable.Range(0, 200_000), i => Assert.False(set.Add(NameOf(i))));
        Assert.Equal(200_000, set.Count);
    }

    private static string NameOf(int number) => string.Create(CultureInfo.InvariantCulture, $"oPerson{number}");
}
