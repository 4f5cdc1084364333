using System.Reflection;

namespace WeChat.UnionPush.Tests.Architecture;

/// <summary>What holds for every assembly that ships.</summary>
public sealed class ConventionTests
{
    /// <summary>The packages that this test project has beside it.</summary>
    public static TheoryData<Assembly> Shipped =>
        [.. Repository.Packages.Where(package => File.Exists(Path.Combine(AppContext.BaseDirectory, $"{package}.dll"))).Select(Assembly.Load)];

    [Theory]
    [MemberData(nameof(Shipped), DisableDiscoveryEnumeration = true)]
    public void Exported_types_are_sealed_static_interfaces_or_values(Assembly assembly) =>
        Assert.Empty(assembly.GetExportedTypes()
            .Where(type => !type.IsSealed && !type.IsInterface && !type.IsEnum && !type.IsValueType && !IsClosed(type))
            .Select(type => type.FullName));

    /// <summary>Nobody outside the assembly can derive from it.</summary>
    private static bool IsClosed(Type type) =>
        type.IsAbstract && type.GetConstructors(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic).All(constructor => constructor.IsFamilyAndAssembly);

    [Theory]
    [MemberData(nameof(Shipped), DisableDiscoveryEnumeration = true)]
    public void What_can_be_awaited_is_called_Async_and_takes_its_CancellationToken_last(Assembly assembly)
    {
        var wrong = new List<string>();
        foreach (var method in assembly.GetExportedTypes()
            .SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)))
        {
            var awaited = method.ReturnType.Name is "Task" or "Task`1" or "ValueTask" or "ValueTask`1" or "IAsyncEnumerable`1";
            if (!awaited || method.IsSpecialName || method.DeclaringType!.IsSubclassOf(typeof(Delegate)))
            {
                continue;
            }

            var tokens = method.GetParameters().Where(parameter => parameter.ParameterType == typeof(CancellationToken)).ToArray();
            if (!method.Name.EndsWith("Async", StringComparison.Ordinal)
                || (tokens.Length > 0 && tokens is not [{ Name: "cancellationToken" } token] || tokens is [var last] && last.Position != method.GetParameters().Length - 1))
            {
                wrong.Add($"{method.DeclaringType}.{method.Name}");
            }
        }

        Assert.Empty(wrong);
    }

    [Theory]
    [MemberData(nameof(Shipped), DisableDiscoveryEnumeration = true)]
    public void No_type_hides_behind_a_word_that_says_nothing(Assembly assembly) =>
        Assert.DoesNotContain(
            assembly.GetTypes().Select(type => type.Name.Split('`')[0]),
            name => !name.StartsWith('<')
                && new[] { "Manager", "Helper", "Helpers", "Utils", "Util", "Common", "Base" }.Any(word => name.EndsWith(word, StringComparison.Ordinal)));

    [Fact]
    public void The_core_knows_no_driver_and_no_web_server() =>
        Assert.DoesNotContain(typeof(IUnionPush).Assembly.GetReferencedAssemblies(), name => name.Name!.Contains("Sqlite", StringComparison.Ordinal)
            || name.Name.Contains("Npgsql", StringComparison.Ordinal) || name.Name.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal));
}
