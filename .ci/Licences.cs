#:property PublishAot=false

// Which packages come along with what ships from here, and under which licence.
//
//   dotnet run .ci/Licences.cs                  fails when docs/LICENSES.md does not say so, or a licence is not allowed
//   dotnet run .ci/Licences.cs -- --write       writes docs/LICENSES.md
//   dotnet run .ci/Licences.cs -- --sbom DIR    fails when the bill of materials of a package names other dependencies, or other licences
//
// It reads what `dotnet restore` has left in obj/project.assets.json and the packages' own nuspec files, and asks no network.
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Xml.Linq;

// Permissive licences, which ask for no more than their notice. Nothing else ships without a decision.
string[] allowed = ["Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "MIT", "MS-PL", "PostgreSQL"];

// Packages that bring their licence as a file: which one it was when a person read it, by its SHA-256.
Dictionary<string, (string Sha256, string Name)> read = new(StringComparer.OrdinalIgnoreCase)
{
    ["SourceGear.sqlite3"] = ("99464c3a88df7b708ce59e462cdcb85f72dfc9b1335b4fcc68be56131b634b95", "Public domain"),
};

const string List = "docs/LICENSES.md";
var packages = Directory.GetDirectories("src").Where(static folder => File.Exists(Path.Combine(folder, "README.md"))).Select(static folder => Path.GetFileName(folder)!)
    .Order(StringComparer.Ordinal).ToList();
var dependencies = packages.ToDictionary(static package => package, Closure);
var problems = new List<string>();

if (args is ["--sbom", var folder])
{
    CompareWithBills(folder);
    return End($"The bills of materials of {packages.Count} packages name the dependencies and licences that were found.");
}

var licences = dependencies.Values.SelectMany(static set => set).Distinct().Select(static dependency => dependency.Name).Distinct(StringComparer.OrdinalIgnoreCase)
    .Order(StringComparer.OrdinalIgnoreCase).ToDictionary(static name => name, LicenceOf);
problems.AddRange(licences.Where(entry => !allowed.Contains(entry.Value) && !read.Values.Any(known => known.Name == entry.Value))
    .Select(entry => $"{entry.Key} has the licence {entry.Value}, which is not allowed. It is one of the dependencies of {UsersText(entry.Key)}."));

var text = Write();
if (args is ["--write"])
{
    File.WriteAllText(List, text);
    return End($"Wrote {List}.");
}

var listed = File.Exists(List) ? Rows(File.ReadAllText(List)) : [];
var found = Rows(text);
var forbidden = problems.Count;
problems.AddRange(found.Where(row => !listed.ContainsKey(row.Key)).Select(static row => $"{row.Key} ({row.Value.Licence}) is a new dependency."));
problems.AddRange(listed.Where(row => !found.ContainsKey(row.Key)).Select(static row => $"{row.Key} is a dependency no more."));
problems.AddRange(found.Where(row => listed.TryGetValue(row.Key, out var before) && before != row.Value).Select(row =>
    $"{row.Key} changed: {listed[row.Key].Licence}, used by {listed[row.Key].Users}; now {row.Value.Licence}, used by {row.Value.Users}."));
if (problems.Count == forbidden && (!File.Exists(List) || File.ReadAllText(List) != text))
{
    problems.Add($"{List} was changed by hand.");
}

if (problems.Count > forbidden)
{
    problems.Add("If that is meant, write the list anew: dotnet run .ci/Licences.cs -- --write");
}

return End($"{licences.Count} dependencies of {packages.Count} packages have the licences that {List} names.");

// The dependencies of a package on all its target frameworks, without what only its own build uses.
HashSet<Dependency> Closure(string package)
{
    var path = Path.Combine("src", package, "obj", "project.assets.json");
    if (!File.Exists(path))
    {
        throw new InvalidOperationException($"{path} is missing. Run dotnet restore first.");
    }

    using var assets = JsonDocument.Parse(File.ReadAllBytes(path));
    var closure = new HashSet<Dependency>();
    foreach (var target in assets.RootElement.GetProperty("targets").EnumerateObject())
    {
        var libraries = target.Value.EnumerateObject().ToDictionary(static library => library.Name.Split('/')[0], StringComparer.OrdinalIgnoreCase);
        var waiting = new Stack<string>(Direct(assets.RootElement, target.Name));
        foreach (var project in libraries.Values.Where(static library => library.Value.GetProperty("type").GetString() == "project"))
        {
            waiting.Push(project.Name.Split('/')[0]);
        }

        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        while (waiting.TryPop(out var name))
        {
            // What is not among the libraries comes with .NET itself.
            if (!seen.Add(name) || !libraries.TryGetValue(name, out var library))
            {
                continue;
            }

            if (library.Value.GetProperty("type").GetString() == "package")
            {
                closure.Add(new Dependency(library.Name.Split('/')[0], library.Name.Split('/')[1]));
            }

            if (library.Value.TryGetProperty("dependencies", out var more))
            {
                foreach (var next in more.EnumerateObject())
                {
                    waiting.Push(next.Name);
                }
            }
        }
    }

    return closure;
}

static IEnumerable<string> Direct(JsonElement assets, string target)
{
    foreach (var framework in assets.GetProperty("project").GetProperty("frameworks").EnumerateObject())
    {
        if (framework.Name != target || !framework.Value.TryGetProperty("dependencies", out var direct))
        {
            continue;
        }

        foreach (var dependency in direct.EnumerateObject())
        {
            // PrivateAssets="all": analyzers and what else the build alone uses.
            if (!dependency.Value.TryGetProperty("suppressParent", out var suppressed) || suppressed.GetString() != "All")
            {
                yield return dependency.Name;
            }
        }
    }
}

string LicenceOf(string name) => string.Join(
    "; ",
    dependencies.Values.SelectMany(static set => set).Where(dependency => dependency.Name == name).Distinct().Select(LicenceOfVersion).Distinct().Order(StringComparer.Ordinal));

string LicenceOfVersion(Dependency dependency)
{
    var home = Path.Combine(PackagesFolder(), dependency.Name.ToLowerInvariant(), dependency.Version.ToLowerInvariant());
    var nuspec = XDocument.Load(Path.Combine(home, $"{dependency.Name.ToLowerInvariant()}.nuspec"));
    var metadata = nuspec.Root!.Elements().First(static element => element.Name.LocalName == "metadata");
    var licence = metadata.Elements().FirstOrDefault(static element => element.Name.LocalName == "license");
    if (licence is null)
    {
        return $"at {metadata.Elements().FirstOrDefault(static element => element.Name.LocalName == "licenseUrl")?.Value ?? "no address"}";
    }

    if (licence.Attribute("type")?.Value == "expression")
    {
        return licence.Value;
    }

    var hash = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(home, licence.Value.Replace('\\', '/')))));
    return read.TryGetValue(dependency.Name, out var known) && known.Sha256 == hash ? known.Name : $"in the file {licence.Value} with the SHA-256 {hash}";
}

static string PackagesFolder() => Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } folder
    ? folder
    : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");

string UsersText(string name)
{
    var users = packages.Where(package => dependencies[package].Any(dependency => dependency.Name == name)).ToList();
    var others = packages.Except(users).ToList();
    return others switch
    {
        [] => "all",
        ["WeChat.UnionPush.Tool"] => "all libraries",
        _ => string.Join(", ", users.Select(static user => user == "WeChat.UnionPush" ? "the core" : user["WeChat.UnionPush.".Length..])),
    };
}

string Write()
{
    var page = new StringBuilder("""
        # Licences of the dependencies

        What comes along with the packages of this repository, directly and through others, on all their target frameworks. WeChat.UnionPush itself is under the
        MIT licence. Which versions a release has is told by its bill of materials (`.ci/sbom`). Tests and samples use more, which ship with nothing.

        This file is written by `dotnet run .ci/Licences.cs -- --write`, and CI fails when it is not true.

        | package | licence | comes with |
        |---|---|---|

        """);
    foreach (var (name, licence) in licences)
    {
        page.Append($"| {name} | {licence} | {UsersText(name)} |\n");
    }

    return page.ToString();
}

static Dictionary<string, (string Licence, string Users)> Rows(string page) => page.Split('\n').Where(static line => line.StartsWith('|')).Skip(2)
    .Select(static line => line.Split('|', StringSplitOptions.TrimEntries)).ToDictionary(static cells => cells[1], static cells => (cells[2], cells[3]));

void CompareWithBills(string folder)
{
    foreach (var package in packages)
    {
        var file = Path.Combine(folder, $"{package}.cdx.json");
        if (!File.Exists(file))
        {
            problems.Add($"{file} is missing.");
            continue;
        }

        using var bill = JsonDocument.Parse(File.ReadAllBytes(file));
        var components = bill.RootElement.TryGetProperty("components", out var named)
            ? named.EnumerateArray().ToDictionary(static component => new Dependency(component.GetProperty("name").GetString()!, component.GetProperty("version").GetString()!))
            : [];
        problems.AddRange(dependencies[package].Except(components.Keys).Select(dependency => $"{file} lacks {dependency.Name} {dependency.Version}."));
        problems.AddRange(components.Keys.Except(dependencies[package])
            .Select(dependency => $"{file} names {dependency.Name} {dependency.Version}, which {package} does not depend on."));
        foreach (var (dependency, component) in components.Where(entry => dependencies[package].Contains(entry.Key)))
        {
            // For a licence in a file the bill has no id.
            var licence = LicenceOfVersion(dependency);
            if (allowed.Contains(licence) && !(component.TryGetProperty("licenses", out var told) && told.GetRawText().Contains($"\"{licence}\"", StringComparison.Ordinal)))
            {
                problems.Add($"{file} does not say that {dependency.Name} has the licence {licence}.");
            }
        }
    }
}

int End(string success)
{
    foreach (var problem in problems)
    {
        Console.Error.WriteLine(problem);
    }

    if (problems.Count == 0)
    {
        Console.WriteLine(success);
    }

    return problems.Count == 0 ? 0 : 1;
}

internal sealed record Dependency(string Name, string Version);
