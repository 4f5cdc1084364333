namespace WeChat.UnionPush.Tests.Messages;

/// <summary>The table of what each code of <c>template/send</c> comes to, held against the documentation's own.</summary>
public sealed class SendOutcomesTests
{
    [Theory]
    [InlineData(43004, PushStatus.NotFollowing, FollowState.NotFollowing, "UntilChecked", true)]
    [InlineData(50005, PushStatus.NotFollowing, FollowState.NotFollowing, "UntilChecked", true)]
    [InlineData(10700, PushStatus.NotFollowing, FollowState.NotFollowing, "UntilChecked", true)]
    [InlineData(40003, PushStatus.NotFollowing, FollowState.Unknown, "None", true)]
    [InlineData(49003, PushStatus.NotFollowing, FollowState.Unknown, "None", true)]
    [InlineData(43101, PushStatus.Refused, FollowState.Refusing, "UntilNextWalk", true)]
    [InlineData(43019, PushStatus.Refused, FollowState.Refusing, "UntilNextWalk", true)]
    [InlineData(48002, PushStatus.Refused, FollowState.Refusing, "UntilNextWalk", true)]
    [InlineData(62751, PushStatus.Refused, FollowState.Refusing, "UntilNextWalk", true)]
    [InlineData(10703, PushStatus.Refused, FollowState.Refusing, "UntilNextWalk", true)]
    [InlineData(50002, PushStatus.Refused, FollowState.Unknown, "None", true)]
    [InlineData(43117, PushStatus.TooFrequent, FollowState.Unknown, "None", true)]
    [InlineData(40241, PushStatus.Duplicate, FollowState.Unknown, "None", false)]
    [InlineData(40037, null, FollowState.Unknown, "None", false)]
    [InlineData(47003, null, FollowState.Unknown, "None", false)]
    [InlineData(45009, null, FollowState.Unknown, "None", false)]
    [InlineData(48001, null, FollowState.Unknown, "None", false)]
    [InlineData(-1, null, FollowState.Unknown, "None", false)]
    [InlineData(987654, null, FollowState.Unknown, "None", false)]
    public void Each_code_has_one_row(int code, PushStatus? status, FollowState learned, string memory, bool anotherChannelMayHelp)
    {
        var outcome = SendOutcomes.Of(code, null);
        Assert.Equal((status, learned, memory, anotherChannelMayHelp), (outcome.Status, outcome.Learned, outcome.Memory.ToString(), outcome.AnotherChannelMayHelp));
    }

    [Theory]
    [InlineData(40241, PushStatus.Sent)]
    [InlineData(43004, PushStatus.Unknown)]
    [InlineData(43101, PushStatus.Unknown)]
    [InlineData(40003, PushStatus.Unknown)]
    [InlineData(50002, PushStatus.Unknown)]
    [InlineData(47003, null)]
    [InlineData(40037, null)]
    [InlineData(43117, PushStatus.Unknown)]
    [InlineData(45009, PushStatus.Unknown)]
    [InlineData(48001, PushStatus.Unknown)]
    [InlineData(-1, PushStatus.Unknown)]
    public void After_a_lost_answer_the_code_tells_what_became_of_it_or_not(int code, PushStatus? afterLoss) =>
        Assert.Equal(afterLoss, SendOutcomes.Of(code, null).StatusAfterLoss);

    [Fact]
    public void What_is_learned_is_learned_for_some_time_and_of_recipients_only()
    {
        for (var code = -1; code < 100_000; code++)
        {
            var outcome = SendOutcomes.Of(code, null);
            Assert.Equal(outcome.Learned == FollowState.Unknown, outcome.Memory == SendMemory.None);
            Assert.True(outcome.Status is not null || (outcome.Memory == SendMemory.None && !outcome.AnotherChannelMayHelp), $"{code}");
        }
    }
}
