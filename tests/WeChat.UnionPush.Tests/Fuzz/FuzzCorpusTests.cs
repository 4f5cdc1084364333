using WeChat.UnionPush.Fuzz;
using WeChat.UnionPush.Tests.Architecture;

namespace WeChat.UnionPush.Tests.Fuzz;

/// <summary>What fuzzing has found worth keeping, through the same targets and in every test run.</summary>
public sealed class FuzzCorpusTests
{
    private const int MaxCorpusBytes = 1024 * 1024;

    private static readonly string Project = Path.Combine(Repository.Root, "tests", "WeChat.UnionPush.Fuzz");

    public static TheoryData<string> Names => [.. FuzzTargets.All.Select(target => target.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void What_is_in_the_corpus_breaks_no_promise(string name)
    {
        var target = FuzzTargets.All.Single(target => target.Name == name);
        var files = new[] { "Corpus", "Regressions" }.Select(folder => Path.Combine(Project, folder, name)).Where(Directory.Exists).SelectMany(Directory.GetFiles).ToArray();
        Assert.NotEmpty(files);
        foreach (var input in files.Select(File.ReadAllBytes).Concat(target.Seeds).Append([]))
        {
            target.Run(input);
        }
    }

    [Fact]
    public void The_corpus_is_small_and_every_folder_of_it_has_its_target()
    {
        foreach (var folder in new[] { "Corpus", "Regressions" })
        {
            Assert.All(Directory.GetDirectories(Path.Combine(Project, folder)), path => Assert.Contains(FuzzTargets.All, target => target.Name == Path.GetFileName(path)));
        }

        var files = Directory.GetFiles(Path.Combine(Project, "Corpus"), "*", SearchOption.AllDirectories);
        Assert.InRange(files.Sum(file => new FileInfo(file).Length), 1, MaxCorpusBytes);
    }

    [Fact]
    public void What_an_answer_is_made_for_is_read()
    {
        Assert.All(FuzzTargets.All.Where(target => target.Name.StartsWith("answer-", StringComparison.Ordinal)), target => Assert.NotNull(target.Prepare(target.Seeds[0])()));
    }
}
