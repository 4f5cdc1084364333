using Microsoft.Extensions.Logging.Abstractions;
using NSubstitute;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Followers;

/// <summary>What is asked about single followers, and what is saved of the answers.</summary>
public sealed class FollowerCheckTests
{
    private const string AppId = "wx1";

    private readonly ManualTimeProvider _time = new();
    private readonly InMemoryUnionIdRepository _repository = new();
    private readonly IFollowerSource _source = Substitute.For<IFollowerSource>();
    private readonly List<IReadOnlyCollection<string>> _asked = [];

    // Answers once somebody lets it.
    private readonly TaskCompletionSource _gate = new();

    public FollowerCheckTests()
    {
        _source.GetFollowerAsync(Arg.Any<string>(), Arg.Any<CancellationToken>()).Returns(async call =>
        {
            lock (_asked)
            {
                _asked.Add([(string)call[0]]);
            }

            await _gate.Task;
            return new Follower((string)call[0], IsFollowing: true) { UnionId = "u" };
        });
        _source.GetFollowersAsync(Arg.Any<IReadOnlyCollection<string>>(), Arg.Any<CancellationToken>()).Returns(call => AnswerAsync((IReadOnlyCollection<string>)call[0]));
    }

    [Fact]
    public async Task Who_follows_after_all_is_newer_than_the_mark_whatever_the_clock_did()
    {
        _gate.SetResult();
        var check = Check();
        var ahead = _time.GetUtcNow().AddSeconds(5);
        await check.DoubtAsync(new(AppId, "o1"), ahead, default);
        await FollowsAsync("o1");
        Assert.Equal(ahead, (await FindAsync("o1"))!.ObservedAt);

        // A mark of the past is older than the question.
        await check.DoubtAsync(new(AppId, "o2"), _time.GetUtcNow().AddSeconds(-5), default);
        await FollowsAsync("o2");
        var second = (await FindAsync("o2"))!;
        Assert.Equal((_time.GetUtcNow(), _time.GetUtcNow()), (second.ObservedAt, second.DetailsAt!.Value));
    }

    [Fact]
    public async Task Those_who_come_while_one_question_is_under_way_are_asked_about_together_as_of_their_last_refusal()
    {
        var check = Check();
        await check.DoubtAsync(new(AppId, "o1"), _time.GetUtcNow(), default);
        await AskedAsync(1);
        var refusals = new[] { 7, 3, 9 }.Select(seconds => _time.GetUtcNow().AddSeconds(seconds)).ToArray();
        await check.DoubtAsync(new(AppId, "o2"), refusals[0], default);
        await check.DoubtAsync(new(AppId, "o3"), refusals[1], default);
        await check.DoubtAsync(new(AppId, "o3"), refusals[2], default);

        // Whoever asks about somebody for another reason does not forget the refusal.
        await _repository.SaveAsync([new WeChatIdentity(AppId, "o2") { UnionId = "u2", ObservedAt = _time.GetUtcNow() }], TestContext.Current.CancellationToken);
        check.AskAbout(new("u2"));
        _gate.SetResult();

        await FollowsAsync("o1");
        await FollowsAsync("o2");
        await FollowsAsync("o3");
        Assert.Equal((refusals[0], refusals[2]), ((await FindAsync("o2"))!.ObservedAt, (await FindAsync("o3"))!.ObservedAt));
        Assert.Equal(["o2", "o3"], _asked[1].Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Where_ten_thousand_wait_already_nobody_else_is_marked_or_asked_about()
    {
        var check = Check();
        await check.DoubtAsync(new(AppId, "first"), _time.GetUtcNow(), default);
        await AskedAsync(1);
        for (var i = 0; i < 10_000; i++)
        {
            await check.DoubtAsync(new(AppId, $"o{i}"), _time.GetUtcNow(), default);
        }

        await check.DoubtAsync(new(AppId, "late"), _time.GetUtcNow(), default);

        Assert.NotNull(await FindAsync("o9999"));
        Assert.Null(await FindAsync("late"));
        _gate.SetResult();
        await FollowsAsync("o9999");
        Assert.Equal(10_000, _asked[1].Count);
    }

    private FollowerCheck Check() => new(AppId, _source, _repository, new WorkUnderWay(_time), _time, NullLogger<FollowerCheck>.Instance);

    private Task AskedAsync(int questions) => Runs.UntilAsync(
        () =>
        {
            lock (_asked)
            {
                return _asked.Count == questions;
            }
        },
        "the question is asked");

    private Task FollowsAsync(string openId) =>
        Runs.UntilAsync(async () => await FindAsync(openId) is { FollowState: FollowState.Following, DetailsAt: not null }, $"what is told of {openId} is saved");

    private async Task<WeChatIdentity?> FindAsync(string openId) =>
        (await _repository.FindAsync(AppId, [openId], TestContext.Current.CancellationToken)).SingleOrDefault();

    private async IAsyncEnumerable<Follower> AnswerAsync(IReadOnlyCollection<string> openIds)
    {
        lock (_asked)
        {
            _asked.Add([.. openIds]);
        }

        await _gate.Task;
        foreach (var openId in openIds)
        {
            yield return new Follower(openId, IsFollowing: true);
        }
    }
}
