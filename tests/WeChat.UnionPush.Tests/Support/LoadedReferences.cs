using Microsoft.CodeAnalysis;

namespace WeChat.UnionPush.Tests;

/// <summary>Everything that this process can load, for tests that compile.</summary>
internal static class LoadedReferences
{
    /// <summary>Read once: each set of them takes some fifty megabytes outside of the managed heap, which no collection gives back soon.</summary>
    public static IReadOnlyList<PortableExecutableReference> All { get; } =
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Select(path => MetadataReference.CreateFromFile(path))];

    /// <summary>Those whose files' names do not begin in a certain way.</summary>
    public static IEnumerable<PortableExecutableReference> Without(string prefix) =>
        All.Where(reference => !Path.GetFileName(reference.FilePath!).StartsWith(prefix, StringComparison.Ordinal));
}
