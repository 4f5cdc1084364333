using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests;

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
        foreach (var section in new[] { typeof(AccessTokenOptions), typeof(WeChatHttpOptions), typeof(TemplateMessageOptions), typeof(FollowerSyncOptions), typeof(WeChatEventOptions), typeof(WeChatCallbackOptions) })
        {
            Assert.All(section.GetProperties(), property => Assert.Contains($":{property.Name}`", readme, StringComparison.Ordinal));
        }

        var metrics = Metric().Matches(File.ReadAllText(Path.Combine(Root(), "src/WeChat.UnionPush/Diagnostics/Telemetry.cs"))).Select(match => match.Groups[1].Value).ToList();
        Assert.InRange(metrics.Count, 5, 100);
        Assert.All(metrics, metric => Assert.Contains($"`{metric}`", readme, StringComparison.Ordinal));
    }

    private static CSharpCompilation Compile(string snippet)
    {
        const string usings = "using System; using System.Collections.Generic; using System.IO; using System.Linq; using System.Net.Http; using System.Threading; using System.Threading.Tasks;\n";
        var isProgram = snippet.Contains("CreateApplicationBuilder", StringComparison.Ordinal) || snippet.Contains("CreateBuilder", StringComparison.Ordinal);
        var compilation = CSharpCompilation.Create(
            "Snippet",
            [CSharpSyntaxTree.ParseText(usings + snippet, new CSharpParseOptions(LanguageVersion.Latest))],
            ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Select(path => MetadataReference.CreateFromFile(path)),
            new CSharpCompilationOptions(isProgram ? OutputKind.ConsoleApplication : OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));
        Assert.Empty(compilation.GetDiagnostics().Where(diagnostic => diagnostic.Severity >= DiagnosticSeverity.Warning && diagnostic.Id != "CS1701").Select(diagnostic => $"{diagnostic}\n{snippet}"));
        return compilation;
    }

    private static List<string> Snippets(string readme) =>
        [.. Snippet().Matches(Read(readme)).Where(match => !match.Groups[1].Success).Select(match => match.Groups[2].Value)];

    private static string Read(string file) => File.ReadAllText(Path.Combine(Root(), file));

    private static string Root()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "WeChat.UnionPush.sln")))
        {
            directory = directory.Parent!;
        }

        return directory.FullName;
    }

    [GeneratedRegex(@"(<!-- not compiled[^>]*-->\s*)?```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Snippet();

    [GeneratedRegex(@"```.*?```", RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex(@"\s*//[^\n]*")]
    private static partial Regex Comment();

    [GeneratedRegex(@"`[^`\n]+`")]
    private static partial Regex Name();

    [GeneratedRegex(@"Create(?:Counter|Histogram)(?:<\w+>)?\(\s*""([\w.]+)""")]
    private static partial Regex Metric();
}
