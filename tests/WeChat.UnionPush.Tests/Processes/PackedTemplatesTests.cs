using System.Diagnostics;
using System.Text.RegularExpressions;
using WeChat.UnionPush.Tests.Architecture;

namespace WeChat.UnionPush.Tests.Processes;

/// <summary>A project of its own that has the package and nothing else of this repository.</summary>
public sealed class PackedTemplatesTests
{
    [Fact]
    public async Task The_README_s_typed_templates_build_and_run_from_the_package()
    {
        Assert.SkipUnless(Runs.IsFull || Runs.IsWhole, "Packs the library and builds a project with it, which takes a minute or two. tests/run.sh runs it.");
        var folder = Directory.CreateTempSubdirectory("unionpush-packed-").FullName;
        var version = $"0.1.0-test.{Guid.NewGuid():N}";
        try
        {
            var package = Path.Combine(folder, "package");
            await RunAsync(Repository.Root, "pack", "src/WeChat.UnionPush/WeChat.UnionPush.csproj", "-c", "Debug", "-v", "q", "-nologo", $"-p:Version={version}",
                $"-p:PackageOutputPath={package}", "-p:EnablePackageValidation=false", "-p:RunAnalyzers=false");

            var readme = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "README.md"));
            var code = Regex.Matches(readme, "```csharp\n(.*?)```", RegexOptions.Singleline).Select(match => match.Groups[1].Value)
                .Single(snippet => snippet.Contains("Shop.WeChatTemplates;", StringComparison.Ordinal));
            var item = Regex.Match(readme, """<AdditionalFiles Include="([^"]+)" WeChatTemplates="true" />""");
            var project = Directory.CreateDirectory(Path.Combine(folder, "Shop")).FullName;
            await File.WriteAllTextAsync(Path.Combine(project, "Shop.csproj"), $"""
                <Project Sdk="Microsoft.NET.Sdk">
                  <PropertyGroup>
                    <OutputType>Exe</OutputType>
                    <TargetFramework>net10.0</TargetFramework>
                    <ImplicitUsings>enable</ImplicitUsings>
                    <Nullable>enable</Nullable>
                    <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
                    <RestoreAdditionalProjectSources>{package}</RestoreAdditionalProjectSources>
                  </PropertyGroup>
                  <ItemGroup>
                    <PackageReference Include="WeChat.UnionPush" Version="{version}" />
                    {item.Value}
                  </ItemGroup>
                </Project>
                """);
            await File.WriteAllTextAsync(Path.Combine(project, item.Groups[1].Value), """
                {"template_list":[
                  {"template_id":"first","title":"订单支付成功通知","content":"商品名称:{{thing1.DATA}}\n支付金额:{{amount2.DATA}}\n支付时间:{{time3.DATA}}"},
                  {"template_id":"second","title":"订单支付成功通知","content":"商品名称:{{thing1.DATA}}"}
                ]}
                """);
            await File.WriteAllTextAsync(Path.Combine(project, "PaidOrders.cs"), code);
            await File.WriteAllTextAsync(Path.Combine(project, "Program.cs"), """
                using Shop.WeChatTemplates;
                Console.OutputEncoding = System.Text.Encoding.UTF8;
                Console.WriteLine(typeof(PaidOrders).Name);
                Console.WriteLine(new 订单支付成功通知 { 商品名称 = "巧克力", 支付金额 = 39.8m, 支付时间 = DateTimeOffset.UnixEpoch }.ToMessage().ToJson("o1"));
                Console.WriteLine(new 订单支付成功通知_second { 商品名称 = "巧克力" }.ToMessage().TemplateId);
                """);

            var output = await RunAsync(project, "run", "-v", "q");
            Assert.Equal(
                ["PaidOrders",
                    """{"touser":"o1","template_id":"first","data":{"thing1":{"value":"巧克力"},"amount2":{"value":"¥39.80"},"time3":{"value":"1970年1月1日 08:00"}}}""", "second"],
                output.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));

            // Without the metadata the build says what is missing.
            await File.WriteAllTextAsync(Path.Combine(project, "Shop.csproj"), (await File.ReadAllTextAsync(Path.Combine(project, "Shop.csproj")))
                .Replace(" WeChatTemplates=\"true\"", "", StringComparison.Ordinal));
            var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => RunAsync(project, "build", "-v", "q", "-nologo"));
            Assert.Contains("UNIONPUSH002", failure.Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
            var packages = Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(
                Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
            if (Path.Combine(packages, "wechat.unionpush", version) is var cached && Directory.Exists(cached))
            {
                Directory.Delete(cached, recursive: true);
            }
        }
    }

    private static async Task<string> RunAsync(string folder, params string[] arguments)
    {
        // The runner's own settings of MSBuild are nothing to another build.
        var start = new ProcessStartInfo("dotnet", arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToArray())
        {
            start.Environment.Remove(name);
        }

        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? await output : throw new InvalidOperationException($"dotnet {arguments[0]} ended with {process.ExitCode}.\n{await output}\n{await error}");
    }
}
