using Microsoft.Extensions.DependencyInjection;
using NSubstitute;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.MiniPrograms;

/// <summary>A code works once: what WeChat answered is saved, whatever the client sent, the caller did or the store went through.</summary>
public sealed class SignInTests
{
    public static TheoryData<string, string> Garbage => new()
    {
        { "undefined", "undefined" },
        { "", "" },
        { "null", "AAAAAAAAAAAAAAAAAAAAAA==" },
        { "%%%", "===" },
        { "AAAA", "AAAAAAAAAAAAAAAAAAAAAA==" },
        { "AAAAAAAAAAAAAAAAAAAAAA==", "AAAA" },
        { "AAAAAAAAAAAAAAAAAAAAAA==", "AAAAAAAAAAAAAAAAAAAAAA==" },
        { "你好,世界", "\0\ud83d" },
        { " A A A A A A A A A A A A A A A A A A A A A A = = ", "AAAAAAAAAAAAAAAAAAAAAA==" },
        { new string('A', 1_000_000), "AAAAAAAAAAAAAAAAAAAAAA==" },
        { null!, null! },
    };

    [Theory, MemberData(nameof(Garbage))]
    public async Task Damaged_open_data_is_told_after_the_user_was_saved(string data, string iv)
    {
        await using var town = new Town();
        town.MiniProgram.WithholdsUnionIdFrom = _ => true;
        foreach (var (rawData, signature) in new[] { (null, null), ("undefined", "undefined"), ("{}", (string?)null) })
        {
            var person = town.Platform.AddPerson();
            var openData = new EncryptedOpenData(data, iv) { RawData = rawData, Signature = signature };
            var told = await Record.ExceptionAsync(() => town.Push.SignInAsync(person.CreateLoginCode(town.MiniProgram), openData));
            Assert.True(told is OpenDataException or ArgumentException, told?.ToString());
            Assert.Single(await StoredAsync(town, person));
        }
    }

    [Fact]
    public async Task Open_data_of_another_app_user_or_session_is_told_after_the_user_was_saved()
    {
        await using var town = new Town();
        town.MiniProgram.WithholdsUnionIdFrom = _ => true;
        var foreign = town.Platform.AddMiniProgram("wx1111111111111111", "00000000000000000000000000000001", Town.OpenPlatform);
        var other = town.Platform.AddPerson();
        other.CreateLoginCode(foreign);
        other.CreateLoginCode(town.MiniProgram);
        foreach (var info in new[] { other.GetUserInfo(foreign), other.GetUserInfo(town.MiniProgram) })
        {
            var person = town.Platform.AddPerson();
            await Assert.ThrowsAsync<OpenDataException>(() => town.Push.SignInAsync(person.CreateLoginCode(town.MiniProgram), new EncryptedOpenData(info.EncryptedData, info.Iv)));
            Assert.Single(await StoredAsync(town, person));
        }
    }

    [Theory]
    [InlineData(typeof(NullReferenceException))]
    [InlineData(typeof(FormatException))]
    public async Task A_session_of_the_hosts_own_that_throws_anything_does_not_lose_the_user(Type failure)
    {
        var session = Substitute.For<IMiniProgramSession>();
        session.SignInAsync("code", Arg.Any<CancellationToken>()).Returns(new MiniProgramUser("mOwn", null, Convert.ToBase64String(new byte[16])));
        session.Decrypt(Arg.Any<SecretText>(), Arg.Any<EncryptedOpenData>()).Returns(_ => throw (Exception)Activator.CreateInstance(failure)!);
        await using var town = new Town(services: services => services.AddSingleton(session));
        var told = await Assert.ThrowsAsync<OpenDataException>(() => town.Push.SignInAsync("code", new EncryptedOpenData("a", "b")));
        Assert.IsType(failure, told.InnerException);
        Assert.Single(await town.Repository.FindAsync(Town.MiniProgramAppId, ["mOwn"]));
    }

    [Theory]
    [InlineData("mOther", "u1", false)]
    [InlineData("mOwn", "u1", true)]
    [InlineData(null, "u1", true)]
    [InlineData("mOwn", "a\0b", false)]
    [InlineData("mOwn", null, true)]
    public async Task Open_data_completes_only_the_user_it_belongs_to(string? openId, string? unionId, bool isTaken)
    {
        var session = Substitute.For<IMiniProgramSession>();
        session.SignInAsync("code", Arg.Any<CancellationToken>()).Returns(new MiniProgramUser("mOwn", null, Convert.ToBase64String(new byte[16])));
        session.Decrypt(Arg.Any<SecretText>(), Arg.Any<EncryptedOpenData>()).Returns(new OpenData(openId, unionId, DateTimeOffset.UnixEpoch, "{}"));
        await using var town = new Town(services: services => services.AddSingleton(session));
        var told = await Record.ExceptionAsync(() => town.Push.SignInAsync("code", new EncryptedOpenData("a", "b")));
        Assert.Equal(isTaken ? null : typeof(OpenDataException), told?.GetType());
        Assert.Equal(isTaken ? unionId : null, Assert.Single(await town.Repository.FindAsync(Town.MiniProgramAppId, ["mOwn"])).UnionId);
    }

    [Fact]
    public async Task A_caller_who_goes_away_while_WeChat_answers_does_not_lose_the_user()
    {
        await using var town = new Town();
        var person = town.Platform.AddPerson();
        using var caller = new CancellationTokenSource();
        using var gate = town.Platform.Hold("/sns/jscode2session");
        var signingIn = town.Push.SignInAsync(person.CreateLoginCode(town.MiniProgram), cancellationToken: caller.Token);
        await gate.WaitForCallsAsync(1);
        await caller.CancelAsync();
        gate.Open();
        Assert.Equal(person.OpenIdIn(town.MiniProgram), (await signingIn).OpenId);
        Assert.Single(await StoredAsync(town, person));
    }

    [Fact]
    public async Task A_caller_who_has_gone_away_before_spends_no_code()
    {
        await using var town = new Town();
        var person = town.Platform.AddPerson();
        var code = person.CreateLoginCode(town.MiniProgram);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => town.Push.SignInAsync(code, cancellationToken: new CancellationToken(canceled: true)));
        Assert.Equal(person.OpenIdIn(town.MiniProgram), (await town.Push.SignInAsync(code)).OpenId);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_store_that_answers_after_some_tries_gets_the_user(int failures)
    {
        var inner = new InMemoryUnionIdRepository();
        var tries = 0;
        var moody = new MoodyRepository(
            inner, () => tries++ < failures ? throw new UnionPushStorageException("53300: too many clients already", isTransient: true) : Task.CompletedTask);
        await using var town = new Town(choose: builder => builder.UseRepository(_ => moody));
        var person = town.Platform.AddPerson();
        using var caller = new CancellationTokenSource();
        var signingIn = town.Push.SignInAsync(person.CreateLoginCode(town.MiniProgram), cancellationToken: caller.Token);
        await Runs.UntilAsync(() => tries > 0, "the first try");
        while (!signingIn.IsCompleted)
        {
            // The pause between two tries, and not the limit of them all.
            if (town.Time.NextTimerDue - town.Time.GetUtcNow() < TimeSpan.FromSeconds(5))
            {
                town.Time.AdvanceToNextTimer();
            }

            await Task.Yield();
        }

        await signingIn;
        Assert.Single(await inner.FindAsync(Town.MiniProgramAppId, [person.OpenIdIn(town.MiniProgram)]));
        Assert.Equal(1, town.Platform.Calls.Count("/sns/jscode2session"));
    }

    [Fact]
    public async Task A_store_that_answers_at_the_second_try_gets_the_user_without_a_wait()
    {
        var inner = new InMemoryUnionIdRepository();
        var tries = 0;
        var moody = new MoodyRepository(inner, () => tries++ == 0 ? throw new TimeoutException("the pool is exhausted") : Task.CompletedTask);
        await using var town = new Town(choose: builder => builder.UseRepository(_ => moody));
        var person = town.Platform.AddPerson();
        await town.SignInAsync(person);
        Assert.Single(await inner.FindAsync(Town.MiniProgramAppId, [person.OpenIdIn(town.MiniProgram)]));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Where_the_store_stays_down_the_exception_hands_over_the_user(bool hangs)
    {
        var never = new TaskCompletionSource();
        var tries = 0;
        var moody = new MoodyRepository(
            new InMemoryUnionIdRepository(), () => ++tries > 0 && hangs ? never.Task : throw new UnionPushStorageException("cannot be reached", isTransient: true));
        await using var town = new Town(choose: builder => builder.UseRepository(_ => moody));
        var person = town.Platform.AddPerson();
        var signingIn = town.Push.SignInAsync(person.CreateLoginCode(town.MiniProgram), new EncryptedOpenData("undefined", "undefined"));
        await Runs.UntilAsync(() => tries > 0, "the first try");
        while (!signingIn.IsCompleted)
        {
            town.Time.AdvanceToNextTimer();
            await Task.Yield();
        }

        var failure = await Assert.ThrowsAsync<SignInNotSavedException>(() => signingIn);
        Assert.Equal(person.OpenIdIn(town.MiniProgram), failure.User.OpenId);
        Assert.Equal(person.UnionIdUnder(Town.OpenPlatform), failure.User.UnionId);
        Assert.True(await town.Services.GetRequiredService<IMiniProgramSession>().CheckAsync(failure.User.OpenId, failure.User.SessionKey));
        Assert.DoesNotContain(failure.User.SessionKey.Reveal(), failure.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_code_is_sent_when_the_store_has_said_how_many_were_erased_or_after_a_second(bool hangs)
    {
        var (inner, count) = (new InMemoryUnionIdRepository(), new TaskCompletionSource<long>());
        await using var town = new Town(choose: builder => builder.UseRepository(_ => Counting(inner, count.Task)));
        var person = town.Platform.AddPerson();
        using var gate = town.Platform.Hold("/sns/jscode2session");
        var signingIn = town.SignInAsync(person);
        Assert.Equal(town.Time.GetUtcNow().AddSeconds(1), town.Time.NextTimerDue);
        if (hangs)
        {
            town.Time.Advance(TimeSpan.FromSeconds(1) - TimeSpan.FromTicks(1));
            Assert.Equal(1, town.Time.PendingTimers);
            town.Time.Advance(TimeSpan.FromTicks(1));
        }
        else
        {
            count.SetResult(0);
        }

        await gate.WaitForCallsAsync(1);
        gate.Open();
        await signingIn;
        Assert.Single(await inner.FindAsync(Town.MiniProgramAppId, [person.OpenIdIn(town.MiniProgram)]));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_is_erased_while_the_answer_is_on_its_way_stays_erased_also_where_the_store_does_not_say_in_time_how_many_were(bool comesLate)
    {
        var (inner, count) = (new InMemoryUnionIdRepository(), new TaskCompletionSource<long>());
        await using var town = new Town(choose: builder => builder.UseRepository(_ => Counting(inner, count.Task)));
        var person = town.Platform.AddPerson();
        var openId = person.OpenIdIn(town.MiniProgram);
        using var gate = town.Platform.Hold("/sns/jscode2session");
        var signingIn = town.SignInAsync(person);
        town.Time.Advance(TimeSpan.FromSeconds(1));
        await gate.WaitForCallsAsync(1);
        await inner.SaveAsync([new WeChatIdentity(Town.MiniProgramAppId, openId) { ObservedAt = town.Time.GetUtcNow().AddDays(-1) }]);
        Assert.Single(await inner.EraseAsync(Town.MiniProgramAppId, openId));
        if (comesLate)
        {
            // It counts the erasure that came after the question.
            count.SetResult(await inner.CountErasuresAsync());
        }

        gate.Open();
        Assert.Equal(openId, (await signingIn).OpenId);
        Assert.Empty(await inner.FindAsync(Town.MiniProgramAppId, [openId]));
    }

    [Fact]
    public async Task A_caller_who_goes_away_before_the_code_is_sent_keeps_it()
    {
        await using var town = new Town(choose: builder => builder.UseRepository(_ => Counting(new InMemoryUnionIdRepository(), new TaskCompletionSource<long>().Task)));
        using var stop = new CancellationTokenSource();
        var signingIn = town.Push.SignInAsync(town.Platform.AddPerson().CreateLoginCode(town.MiniProgram), cancellationToken: stop.Token);
        await stop.CancelAsync();
        Assert.Equal(stop.Token, (await Assert.ThrowsAnyAsync<OperationCanceledException>(() => signingIn)).CancellationToken);
        Assert.Equal(0, town.Platform.Calls.Count("/sns/jscode2session"));
    }

    /// <summary>A repository that says how many were erased when a test lets it.</summary>
    private static IUnionIdRepository Counting(InMemoryUnionIdRepository inner, Task<long> count)
    {
        var repository = Substitute.For<IUnionIdRepository>();
        repository.CountErasuresAsync(Arg.Any<CancellationToken>()).Returns(_ => new ValueTask<long>(count));
        repository.SaveAsync(Arg.Any<IReadOnlyCollection<WeChatIdentity>>(), Arg.Any<CancellationToken>())
            .Returns(call => inner.SaveAsync(call.Arg<IReadOnlyCollection<WeChatIdentity>>()));
        repository.SaveAsync(Arg.Any<IReadOnlyCollection<WeChatIdentity>>(), Arg.Any<long>(), Arg.Any<CancellationToken>())
            .Returns(call => inner.SaveAsync(call.Arg<IReadOnlyCollection<WeChatIdentity>>(), call.Arg<long>()));
        return repository;
    }

    private static async Task<IReadOnlyList<WeChatIdentity>> StoredAsync(Town town, SimulatedPerson person) =>
        await town.Repository.FindAsync(Town.MiniProgramAppId, [person.OpenIdIn(town.MiniProgram)]);
}
