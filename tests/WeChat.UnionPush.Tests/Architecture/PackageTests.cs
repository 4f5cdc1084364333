namespace WeChat.UnionPush.Tests.Architecture;

/// <summary>What every package has.</summary>
public sealed class PackageTests
{
    // The simulator and the tool have a test project of their own, which runs the conventions too.
    private static readonly string[] Elsewhere = ["WeChat.UnionPush.Simulator", "WeChat.UnionPush.Tool"];

    [Fact]
    public void Each_is_held_to_the_conventions() =>
        Assert.Equal(
            Repository.Packages.Except(Elsewhere, StringComparer.Ordinal),
            ConventionTests.Shipped.Select(row => row.Data.GetName().Name));

    [Fact]
    public void Each_library_declares_what_it_exports_and_has_a_page() =>
        Assert.All(Repository.Packages, package =>
        {
            var folder = Path.Combine(Repository.Root, "src", package);
            Assert.True(File.Exists(Path.Combine(folder, "README.md")), $"{package} lacks a README.md");
            Assert.True(
                package is "WeChat.UnionPush.Tool" || (File.Exists(Path.Combine(folder, "PublicAPI.Shipped.txt")) && File.Exists(Path.Combine(folder, "PublicAPI.Unshipped.txt"))),
                $"{package} lacks PublicAPI.Shipped.txt and PublicAPI.Unshipped.txt: make both with the line \"#nullable enable\", and let CONTRIBUTING.md's command fill them");
        });
}
