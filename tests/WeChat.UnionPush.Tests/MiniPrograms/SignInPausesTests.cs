using NSubstitute;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.MiniPrograms;

/// <summary>How often and for how long a sign-in tries to save the user.</summary>
public sealed class SignInPausesTests
{
    private readonly ManualTimeProvider _clock = new();
    private readonly DelayWatch _watch;
    private readonly IUnionIdRepository _repository = Substitute.For<IUnionIdRepository>();
    private readonly SignIn _signIn;

    public SignInPausesTests()
    {
        _watch = new DelayWatch(_clock);
        var session = Substitute.For<IMiniProgramSession>();
        session.SignInAsync("code", Arg.Any<CancellationToken>()).Returns(new MiniProgramUser("oUser", "uUser", new SecretText("key")));
        _signIn = new SignIn(Town.MiniProgramAppId, session, _repository, _watch);
    }

    [Fact]
    public async Task A_store_that_is_busy_is_asked_six_times_with_growing_pauses()
    {
        _repository.SaveAsync(default!, default(long), default).ReturnsForAnyArgs<SavedIdentities>(_ => throw new UnionPushStorageException("busy", isTransient: true));
        var failure = await Assert.ThrowsAsync<SignInNotSavedException>(() => _watch.RunAsync(_signIn.RunAsync("code", null, default)));
        Assert.Equal(("oUser", "busy"), (failure.User.OpenId, failure.InnerException!.Message));
        Assert.Equal([0.1, 0.4, 1, 2], _watch.Delays.Select(delay => delay.TotalSeconds));
        await _repository.ReceivedWithAnyArgs(6).SaveAsync(default!, default(long), default);
    }

    [Fact]
    public async Task A_store_that_hangs_is_waited_for_ten_seconds()
    {
        _repository.SaveAsync(default!, default(long), default).ReturnsForAnyArgs(_ => new ValueTask<SavedIdentities>(new TaskCompletionSource<SavedIdentities>().Task));
        var signIn = _signIn.RunAsync("code", null, default);
        await Runs.UntilAsync(() => _repository.ReceivedCalls().Any(static call => call.GetMethodInfo().Name == nameof(IUnionIdRepository.SaveAsync)), "the write");
        _clock.Advance(TimeSpan.FromSeconds(10) - TimeSpan.FromMilliseconds(1));
        await Task.Yield();
        Assert.False(signIn.IsCompleted);
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        await Assert.ThrowsAsync<SignInNotSavedException>(() => signIn);
    }
}
