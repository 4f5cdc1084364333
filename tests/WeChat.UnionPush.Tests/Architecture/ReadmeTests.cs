using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Architecture;

/// <summary>What the README shows can be pasted, and the Chinese one shows the same.</summary>
public sealed partial class ReadmeTests
{
    public static TheoryData<string> Readmes => ["README.md", "README.zh-CN.md"];

    [Theory]
    [MemberData(nameof(Readmes))]
    public void Every_snippet_compiles(string readme)
    {
        var snippets = Snippets(readme);
        Assert.InRange(snippets.Count, 5, 100);
        Assert.All(snippets, snippet => Compile(snippet));
        Assert.All(snippets, snippet => Assert.InRange(UsingLine().Count(snippet), 0, 2));
    }

    [Fact]
    public async Task The_store_it_shows_passes_every_case()
    {
        using var image = new MemoryStream();
        Assert.True(Compile(Snippets("README.md").Single(snippet => snippet.Contains("class MyRepository", StringComparison.Ordinal))).Emit(image).Success);
        var type = Assembly.Load(image.ToArray()).GetType("MyRepository", throwOnError: true)!;
        foreach (var name in UnionIdRepositoryConformance.CaseNames)
        {
            var store = (IUnionIdRepository)Activator.CreateInstance(type)!;
            await UnionIdRepositoryConformance.RunAsync(name, _ => new(store));
        }
    }

    [Fact]
    public void Both_languages_show_the_same_code_and_the_same_names()
    {
        var (english, chinese) = (Read("README.md"), Read("README.zh-CN.md"));

        Assert.Equal(Snippets("README.md").Select(WithoutComments), Snippets("README.zh-CN.md").Select(WithoutComments));
        Assert.Equal(Names(english), Names(chinese));
        Assert.Equal(Headings(english), Headings(chinese));

        static string WithoutComments(string code) => Comment().Replace(code, "");
        static List<string> Names(string text) => [.. Name().Matches(Fence().Replace(text, "")).Select(match => match.Value).Order(StringComparer.Ordinal)];
        static List<int> Headings(string text) => [.. text.Split('\n').Where(line => line.StartsWith('#')).Select(line => line.TakeWhile(character => character == '#').Count())];
    }

    [Fact]
    public void Every_option_and_every_metric_is_listed()
    {
        var readme = Read("README.md");
        foreach (var section in new[] { typeof(AccessTokenOptions), typeof(WeChatHttpOptions), typeof(TemplateMessageOptions), typeof(FollowerSyncOptions),
            typeof(WeChatCallbackOptions), typeof(WeChatCallbackAppOptions), typeof(MessageReceiptOptions) })
        {
            Assert.All(section.GetProperties(), property => Assert.Contains($":{property.Name}`", readme, StringComparison.Ordinal));
        }

        var metrics = Metric().Matches(File.ReadAllText(Path.Combine(Repository.Root, "src/WeChat.UnionPush/Observability/Telemetry.cs")))
            .Select(match => match.Groups[1].Value).ToList();
        Assert.InRange(metrics.Count, 5, 100);
        Assert.All(metrics, metric => Assert.Contains($"`{metric}`", readme, StringComparison.Ordinal));
    }

    /// <summary>Chinese text has Chinese punctuation; code, names and links keep their own.</summary>
    [Theory]
    [InlineData("README.zh-CN.md")]
    [InlineData("docs/from-senparc.zh-CN.md")]
    [InlineData("docs/from-skit.zh-CN.md")]
    public void Chinese_text_has_full_width_punctuation(string file)
    {
        var text = Name().Replace(Fence().Replace(Read(file), "\n"), "名");
        Assert.Empty(HalfWidth().Matches(text).Select(match => match.Value));
        foreach (var snippet in Snippets(file))
        {
            Assert.Empty(Comment().Matches(snippet).SelectMany(static comment => HalfWidth().Matches(comment.Value)).Select(static match => match.Value));
        }
    }

    private static CSharpCompilation Compile(string snippet)
    {
        // What a web or worker project brings by itself.
        const string usings = """
            global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq; global using System.Net.Http;
            global using System.Net.Http.Json; global using System.Threading; global using System.Threading.Tasks; global using Microsoft.AspNetCore.Builder;
            global using Microsoft.AspNetCore.Hosting; global using Microsoft.AspNetCore.Http; global using Microsoft.AspNetCore.Routing;
            global using Microsoft.Extensions.Configuration; global using Microsoft.Extensions.DependencyInjection; global using Microsoft.Extensions.Hosting;
            global using Microsoft.Extensions.Logging;
            """;
        var isProgram = snippet.Contains("CreateApplicationBuilder", StringComparison.Ordinal) || snippet.Contains("CreateBuilder", StringComparison.Ordinal);
        var compilation = CSharpCompilation.Create(
            "Snippet",
            [CSharpSyntaxTree.ParseText(usings, new CSharpParseOptions(LanguageVersion.Latest)),
                CSharpSyntaxTree.ParseText(snippet, new CSharpParseOptions(LanguageVersion.Latest))],
            LoadedReferences.All,
            new CSharpCompilationOptions(isProgram ? OutputKind.ConsoleApplication : OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));
        Assert.Empty(compilation.GetDiagnostics().Where(diagnostic => diagnostic.Severity >= DiagnosticSeverity.Warning && diagnostic.Id != "CS1701")
            .Select(diagnostic => $"{diagnostic}\n{snippet}"));
        return compilation;
    }

    private static List<string> Snippets(string readme) =>
        [.. Snippet().Matches(Read(readme)).Where(match => !match.Groups[1].Success).Select(match => match.Groups[2].Value)];

    private static string Read(string file) => File.ReadAllText(Path.Combine(Repository.Root, file));

    [GeneratedRegex(@"(<!-- not compiled[^>]*-->\s*)?```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Snippet();

    [GeneratedRegex(@"```.*?```", RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex(@"^using [\w.]+;", RegexOptions.Multiline)]
    private static partial Regex UsingLine();

    [GeneratedRegex(@"\s*//[^\n]*")]
    private static partial Regex Comment();

    [GeneratedRegex(@"`[^`\n]+`")]
    private static partial Regex Name();

    [GeneratedRegex(@"[^\n]{0,12}(?:\p{IsCJKUnifiedIdeographs}\**[,;:!?()]|(?<!\])[,;:!?(]\**\p{IsCJKUnifiedIdeographs})[^\n]{0,12}")]
    private static partial Regex HalfWidth();

    [GeneratedRegex(@"Create(?:Counter|Histogram)(?:<\w+>)?\(\s*""([\w.]+)""")]
    private static partial Regex Metric();
}
