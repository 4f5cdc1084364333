namespace WeChat.UnionPush.Tests.Architecture;

/// <summary>The files of this repository, for tests that read them.</summary>
internal static class Repository
{
    /// <summary>The folder of the solution.</summary>
    public static string Root { get; } = Find();

    /// <summary>The C# files below a folder of the repository that somebody wrote, with their paths from the root.</summary>
    /// <param name="folder">Such as <c>src</c>.</param>
    public static IEnumerable<string> Sources(string folder) =>
        from path in Directory.EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories)
        let file = Path.GetRelativePath(Root, path).Replace('\\', '/')
        let parts = file.Split('/')
        where !parts.Contains("obj", StringComparer.Ordinal) && !parts.Contains("bin", StringComparer.Ordinal)
        select file;

    /// <summary>The names of the packages: one for each project of <c>src</c> but the generator, which travels in the core's.</summary>
    public static IEnumerable<string> Packages =>
        from path in Directory.EnumerateFiles(Path.Combine(Root, "src"), "*.csproj", SearchOption.AllDirectories)
        let name = Path.GetFileNameWithoutExtension(path)
        where name is not "WeChat.UnionPush.Generators"
        orderby name
        select name;

    private static string Find()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "WeChat.UnionPush.sln")))
        {
            directory = directory.Parent ?? throw new InvalidOperationException("These tests read the repository's sources, and run below its folder only.");
        }

        return directory.FullName;
    }
}
