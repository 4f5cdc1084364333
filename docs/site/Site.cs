#:property PublishAot=false

// Makes the source of the documentation site from the files that people read in the repository, and checks the finished site.
//
//   dotnet run docs/site/Site.cs -- source DIR    writes what docfx builds from
//   dotnet run docs/site/Site.cs -- check DIR     fails when a link or an anchor leads nowhere, or a public type has no page
//
// A README becomes one page for each of its chapters. Links between files of the repository become links between pages, or lead to the repository.
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

const string ReadmeFile = "README.md";
const string ChineseReadmeFile = "README.zh-CN.md";

// Pages beside the READMEs: where they lie, where they go, and their names in the navigation. The Chinese one is of the page in the language it has.
(string File, string Page, string Name, string? ChineseFile, string ChineseName)[] guides =
[
    ("docs/databases.md", "guide/databases.md", "Databases", null, "数据库（英文）"),
    ("docs/scale.md", "guide/scale.md", "Scale", null, "规模（英文）"),
    ("docs/from-senparc.md", "guide/from-senparc.md", "From Senparc", "docs/from-senparc.zh-CN.md", "从 Senparc 迁移"),
    ("docs/from-skit.md", "guide/from-skit.md", "From SKIT", "docs/from-skit.zh-CN.md", "从 SKIT 迁移"),
    ("docs/ARCHITECTURE.md", "guide/architecture.md", "Architecture", null, "架构（英文）"),
    (".github/CONTRIBUTING.md", "guide/contributing.md", "Contributing", null, "参与贡献（英文）"),
    ("CHANGELOG.md", "guide/changelog.md", "Changelog", null, "更新日志（英文）"),
    ("docs/LICENSES.md", "guide/licences.md", "Licences of the dependencies", null, "依赖的许可（英文）"),
];

var packages = Directory.GetDirectories("src").Where(static folder => File.Exists(Path.Combine(folder, ReadmeFile))).Select(static folder => Path.GetFileName(folder)!)
    .Order(StringComparer.Ordinal).ToList();
var results = Directory.GetFiles("benchmarks", "*.md").Select(static file => file.Replace('\\', '/')).Order(StringComparer.Ordinal).ToList();
var repository = Text.Repository().Match(File.ReadAllText("src/Directory.Build.props")).Groups[1].Value;
var problems = new List<string>();

switch (args)
{
    case ["source", var target]:
        WriteSource(target);
        break;
    case ["check", var site]:
        Check(site);
        break;
    default:
        Console.Error.WriteLine("Say source DIR or check DIR.");
        return 2;
}

foreach (var problem in problems)
{
    Console.Error.WriteLine(problem);
}

return problems.Count == 0 ? 0 : 1;

void WriteSource(string target)
{
    // Which file of the repository is which page.
    var pages = new Dictionary<string, string>(StringComparer.Ordinal) { [ReadmeFile] = "index.md", [ChineseReadmeFile] = "zh-CN/index.md" };
    foreach (var (file, page, _, chineseFile, _) in guides)
    {
        pages.Add(file, page);
        if (chineseFile is not null)
        {
            pages.Add(chineseFile, $"zh-CN/{page}");
        }
    }

    foreach (var file in results)
    {
        pages.Add(file, $"guide/benchmarks/{Path.GetFileName(file).ToLowerInvariant()}");
    }

    foreach (var package in packages)
    {
        pages.Add($"src/{package}/{ReadmeFile}", $"packages/{package}.md");
    }

    var (english, chinese) = (Chapters(ReadmeFile), Chapters(ChineseReadmeFile));
    var names = english.Select(static chapter => Text.NotInName().Replace(chapter.Title.ToLowerInvariant(), "-").Trim('-')).ToList();
    if (english.Count != chinese.Count)
    {
        problems.Add($"{ReadmeFile} has {english.Count} chapters, {ChineseReadmeFile} has {chinese.Count}.");
        return;
    }

    WriteReadme(english, ReadmeFile, "");
    WriteReadme(chinese, ChineseReadmeFile, "zh-CN/");
    foreach (var (file, page) in pages.Where(static entry => entry.Key is not (ReadmeFile or ChineseReadmeFile)))
    {
        Write(page, Relink(File.ReadAllText(file), file, page));
    }

    Write("toc.yml", Entries([("Guide", "guide/"), ("Packages", "packages/"), ("API", "api/"), ("中文", "zh-CN/index.html")]));
    Write("guide/toc.yml", Entries([
        ("Overview", "../index.md"),
        .. english.Skip(1).Select((chapter, index) => (chapter.Title, $"{names[index + 1]}.md")),
        .. guides.Select(static guide => (guide.Name, Path.GetFileName(guide.Page))),
        .. results.Select(file => ($"Measured: {Title(file)}", $"benchmarks/{Path.GetFileName(pages[file])}"))]));
    Write("packages/toc.yml", Entries(packages.Select(static package => (package, $"{package}.md"))));

    Write("zh-CN/toc.yml", Entries([
        ("指南", "guide/"), ("包（英文）", "../packages/WeChat.UnionPush.html"), ("API（英文）", "../api/WeChat.UnionPush.html"), ("English", "../index.html")]));
    Write("zh-CN/guide/toc.yml", Entries([
        ("概览", "../index.md"),
        .. chinese.Skip(1).Select((chapter, index) => (chapter.Title, $"{names[index + 1]}.md")),
        .. guides.Select(static guide => (guide.ChineseName, guide.ChineseFile is null ? $"../../{Html(guide.Page)}" : Path.GetFileName(guide.Page)))]));

    Copy("docs/site/style/public/main.css", "style/public/main.css");
    foreach (var root in new[] { "", "zh-CN/" })
    {
        Copy("icon.png", $"{root}icon.png");
        Copy($"docs/site/{root}docfx.json", $"{root}docfx.json");
        foreach (var image in Directory.GetFiles("docs/images"))
        {
            Copy(image, $"{root}images/{Path.GetFileName(image)}");
        }
    }

    foreach (var package in packages.Where(static package => File.Exists($"src/{package}/PublicAPI.Shipped.txt")))
    {
        Copy($"src/{package}/bin/Release/net10.0/{package}.dll", $"assemblies/{package}.dll");
        Copy($"src/{package}/bin/Release/net10.0/{package}.xml", $"assemblies/{package}.xml");
        foreach (var reference in References(package))
        {
            Copy(reference, $"references/{Path.GetFileName(reference)}");
        }
    }

    void WriteReadme(List<(string Title, string Body)> chapters, string file, string root)
    {
        Write($"{root}index.md", Relink(chapters[0].Body, file, $"{root}index.md"));
        for (var i = 1; i < chapters.Count; i++)
        {
            var page = $"{root}guide/{names[i]}.md";
            Write(page, Relink(chapters[i].Body, file, page));
        }
    }

    string Relink(string markdown, string file, string page) => Text.EachLineOutsideOfCode(markdown, line => Text.Link().Replace(line, match =>
    {
        var (address, anchor) = match.Groups[2].Value.Split('#') is [var before, var after] ? (before, $"#{after}") : (match.Groups[2].Value, "");
        if (address.Length == 0 || Text.Scheme().IsMatch(address))
        {
            return match.Value;
        }

        var linked = Path.GetRelativePath(".", Path.Combine(Path.GetDirectoryName(file)!, address)).Replace('\\', '/');
        var link = pages.TryGetValue(linked, out var other) ? Between(page, other)
            : linked.StartsWith("docs/images/", StringComparison.Ordinal) && File.Exists(linked) ? Between(page, $"{(IsChinese(page) ? "zh-CN/" : "")}{linked[5..]}")
            : Directory.Exists(linked) ? $"{repository}/tree/main/{linked}"
            : File.Exists(linked) ? $"{repository}/blob/main/{linked}"
            : null;
        if (link is null)
        {
            problems.Add($"{file}: {match.Groups[2].Value} leads nowhere.");
        }

        return $"{match.Groups[1].Value}{link}{anchor})";
    }));

    // Each language is a site of its own, so a link from one to the other is one to a finished page.
    static string Between(string page, string other)
    {
        var link = Path.GetRelativePath(Path.GetDirectoryName($"/{page}")!, $"/{other}").Replace('\\', '/');
        return IsChinese(page) == IsChinese(other) ? link : Html(link);
    }

    void Write(string page, string text)
    {
        var path = Path.Combine(target, page);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    void Copy(string file, string to)
    {
        var path = Path.Combine(target, to);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.Copy(file, path, overwrite: true);
    }
}

static bool IsChinese(string page) => page.StartsWith("zh-CN/", StringComparison.Ordinal);

static string Html(string page) => Path.ChangeExtension(page, ".html");

static string Title(string file) => File.ReadLines(file).First(static line => line.StartsWith("# ", StringComparison.Ordinal))[2..];

static string Entries(IEnumerable<(string Name, string Address)> entries) =>
    string.Concat(entries.Select(static entry => $"- name: '{entry.Name.Replace("'", "''", StringComparison.Ordinal)}'\n  href: {entry.Address}\n"));

// A README in chapters: what stands before the first one, and each with its headings one level higher.
static List<(string Title, string Body)> Chapters(string file)
{
    var chapters = new List<(string Title, StringBuilder Body)> { ("", new StringBuilder()) };
    Text.EachLineOutsideOfCode(File.ReadAllText(file), line =>
    {
        if (line.StartsWith("## ", StringComparison.Ordinal))
        {
            chapters.Add((line[3..], new StringBuilder()));
        }

        chapters[^1].Body.Append(line.StartsWith("##", StringComparison.Ordinal) ? line[1..] : line).Append('\n');
        return line;
    }, code => chapters[^1].Body.Append(code).Append('\n'));
    return chapters.ConvertAll(static chapter => (chapter.Title, chapter.Body.ToString()));
}

// The assemblies of the packages that a package was compiled against.
static IEnumerable<string> References(string package)
{
    using var assets = JsonDocument.Parse(File.ReadAllBytes($"src/{package}/obj/project.assets.json"));
    var folders = assets.RootElement.GetProperty("packageFolders").EnumerateObject().Select(static folder => folder.Name).ToList();
    foreach (var library in assets.RootElement.GetProperty("targets").GetProperty("net10.0").EnumerateObject())
    {
        if (library.Value.GetProperty("type").GetString() != "package" || !library.Value.TryGetProperty("compile", out var files))
        {
            continue;
        }

        var path = assets.RootElement.GetProperty("libraries").GetProperty(library.Name).GetProperty("path").GetString()!;
        foreach (var file in files.EnumerateObject().Where(static file => file.Name.EndsWith(".dll", StringComparison.Ordinal)))
        {
            yield return folders.Select(folder => Path.Combine(folder, path, file.Name)).First(File.Exists);
        }
    }
}

void Check(string site)
{
    var root = Path.GetFullPath(site);
    var files = Directory.GetFiles(root, "*.html", SearchOption.AllDirectories).ToDictionary(static file => file, static file =>
    {
        var html = File.ReadAllText(file);
        return (Ids: Text.Id().Matches(html).Select(static match => WebUtility.HtmlDecode(match.Groups[1].Value)).ToHashSet(StringComparer.Ordinal),
            Links: Text.Address().Matches(html).Select(static match => WebUtility.HtmlDecode(match.Groups[1].Value)).Distinct().ToList());
    });
    var links = 0;
    foreach (var (file, page) in files)
    {
        foreach (var link in page.Links.Where(static link => !Text.Scheme().IsMatch(link)))
        {
            links++;
            var (address, anchor) = link.Split('#') is [var before, var after] ? (before, Uri.UnescapeDataString(after)) : (link, "");
            var linked = address.Length == 0 ? file : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(file)!, Uri.UnescapeDataString(address.Split('?')[0])));
            if (Directory.Exists(linked))
            {
                linked = Path.Combine(linked, "index.html");
            }

            var exists = linked.StartsWith(root, StringComparison.Ordinal) && File.Exists(linked);
            if (!exists || (anchor.Length > 0 && files.TryGetValue(linked, out var other) && !other.Ids.Contains(anchor)))
            {
                problems.Add($"{Path.GetRelativePath(root, file)}: {link} leads {(exists ? "to no place on its page" : "nowhere")}.");
            }
        }
    }

    var types = 0;
    foreach (var type in packages.SelectMany(static package => new[] { "Shipped", "Unshipped" }.Select(state => $"src/{package}/PublicAPI.{state}.txt")).Where(File.Exists)
        .SelectMany(File.ReadLines).Where(static line => Text.TypeLine().IsMatch(line)))
    {
        types++;
        var page = $"api/{Text.TypeArguments().Replace(type, static match => $"-{match.Value.Count(static character => character == ',') + 1}")}.html";
        if (!File.Exists(Path.Combine(root, page)))
        {
            problems.Add($"{type} has no page {page}.");
        }
    }

    if (types == 0 || links == 0)
    {
        problems.Add("Nothing was found that could be checked.");
    }

    if (problems.Count == 0)
    {
        Console.WriteLine($"{files.Count} pages: {links} links within the site lead somewhere, and {types} public types have a page.");
    }
}

internal static partial class Text
{
    // Links and headings in code are code.
    public static string EachLineOutsideOfCode(string markdown, Func<string, string> change, Action<string>? code = null)
    {
        var (text, inCode) = (new StringBuilder(), false);
        foreach (var line in markdown.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n'))
        {
            var isFence = line.TrimStart().StartsWith("```", StringComparison.Ordinal);
            if (inCode || isFence)
            {
                code?.Invoke(line);
            }

            text.Append(inCode || isFence ? line : change(line)).Append('\n');
            inCode ^= isFence;
        }

        return text.ToString();
    }

    [GeneratedRegex(@"<RepositoryUrl[^>]*>([^<]+)</RepositoryUrl>")]
    public static partial Regex Repository();

    [GeneratedRegex(@"[^a-z0-9]+")]
    public static partial Regex NotInName();

    [GeneratedRegex(@"(!?\[[^\]]*\]\()([^)\s]+)\)")]
    public static partial Regex Link();

    [GeneratedRegex(@"^(?:[a-z][a-z0-9+.-]*:|//)", RegexOptions.IgnoreCase)]
    public static partial Regex Scheme();

    [GeneratedRegex(@"\s(?:id|name)=""([^""]+)""")]
    public static partial Regex Id();

    [GeneratedRegex(@"<(?:a|img|link|script)\s[^>]*?(?:href|src)=""([^""]+)""")]
    public static partial Regex Address();

    // Members have a type or a parenthesis behind their name.
    [GeneratedRegex(@"^[A-Z][\w.]+(?:<[\w, ]+>)?$")]
    public static partial Regex TypeLine();

    [GeneratedRegex(@"<[^>]+>")]
    public static partial Regex TypeArguments();
}
