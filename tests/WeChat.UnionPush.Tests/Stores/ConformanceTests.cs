using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Stores;

/// <summary>The cases are worth what they find.</summary>
public sealed class ConformanceTests
{
    public static TheoryData<string> Faults => [.. Enum.GetNames<DictionaryRepository.Fault>().Except([nameof(DictionaryRepository.Fault.None)])];

    public static TheoryData<string> IdentityCases => [.. UnionIdRepositoryConformance.CaseNames];

    [Theory, MemberData(nameof(IdentityCases))]
    public Task The_plain_model_conforms(string name)
    {
        var store = new DictionaryRepository();
        return UnionIdRepositoryConformance.RunAsync(name, _ => new(store), TestContext.Current.CancellationToken);
    }

    [Theory, MemberData(nameof(IdentityCases))]
    public Task A_store_of_documents_under_keys_conforms(string name)
    {
        var store = new KeyValueRepository(new KeyValues());
        return UnionIdRepositoryConformance.RunAsync(name, _ => new(store), TestContext.Current.CancellationToken);
    }

    [Fact]
    public void A_store_of_documents_under_keys_gives_the_models_answers() => RepositoryModel.Check(new KeyValueRepository(new KeyValues()), 100);

    [Theory, MemberData(nameof(Faults))]
    public async Task A_broken_store_is_found_out(string fault)
    {
        ConformanceException? failure = null;
        foreach (var name in UnionIdRepositoryConformance.CaseNames.TakeWhile(_ => failure is null))
        {
            var store = new DictionaryRepository(Enum.Parse<DictionaryRepository.Fault>(fault));
            failure = (ConformanceException?)await Record.ExceptionAsync(() => UnionIdRepositoryConformance.RunAsync(name, _ => new(store), TestContext.Current.CancellationToken));
        }

        Assert.NotNull(failure);
        Assert.StartsWith($"{failure.CaseName}: ", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_store_that_throws_fails_its_case_with_the_reason()
    {
        var name = UnionIdRepositoryConformance.CaseNames[0];
        var failure = await Assert.ThrowsAsync<ConformanceException>(
            () => UnionIdRepositoryConformance.RunAsync(name, _ => throw new TimeoutException("no answer"), TestContext.Current.CancellationToken));
        Assert.Equal(name, failure.CaseName);
        Assert.IsType<TimeoutException>(failure.InnerException);
        Assert.Contains("no answer", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_case_that_does_not_exist_is_refused() =>
        await Assert.ThrowsAsync<ArgumentException>(
            () => UnionIdRepositoryConformance.RunAsync("No such case", _ => new(new DictionaryRepository()), TestContext.Current.CancellationToken));

    [Fact]
    public void Case_names_are_sentences_and_differ()
    {
        string[] names = [.. UnionIdRepositoryConformance.CaseNames, .. AccessTokenStoreConformance.CaseNames.Select(name => $"token {name}"),
            .. FollowerSyncStoreConformance.CaseNames.Select(name => $"sync {name}"), .. WeChatEventInboxConformance.CaseNames.Select(name => $"event {name}"),
            .. MessageReceiptsConformance.CaseNames.Select(name => $"receipt {name}"), .. BroadcastJournalConformance.CaseNames.Select(name => $"broadcast {name}"),
            .. SharedPaceConformance.CaseNames.Select(name => $"pace {name}"), .. ConsentLedgerConformance.CaseNames.Select(name => $"consent {name}"),
            .. ReachJournalConformance.CaseNames.Select(name => $"reach {name}")];
        Assert.Equal(names.Length, names.Distinct(StringComparer.Ordinal).Count());
        Assert.All(names, name => Assert.Matches("^[A-Za-z0-9 ]+$", name));
    }
}
