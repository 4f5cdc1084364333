using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace WeChat.UnionPush.Tests.Architecture;

/// <summary>
/// Holds the code to the rooms and arrows of docs/ARCHITECTURE.md. Every identifier of every file is resolved by the compiler to the file that declares
/// its type, and so to a room.
/// </summary>
public sealed class RoomTests
{
    // Not rooms of the library: the generator runs inside the compiler, and shares two files of Messages as source.
    private static readonly string[] Apart = ["WeChat.UnionPush.Generators", "WeChat.UnionPush.Simulator", "WeChat.UnionPush.Tool"];

    [Fact]
    public void Each_room_uses_only_the_rooms_that_the_table_allows()
    {
        var compilation = Compile();
        var rooms = Room.All.ToDictionary(room => room.Name, StringComparer.Ordinal);
        var violations = new SortedSet<string>(StringComparer.Ordinal);
        var uses = 0;
        foreach (var tree in compilation.SyntaxTrees.Where(tree => tree.FilePath.Length > 0))
        {
            var file = tree.FilePath;
            var room = RoomOf(file);
            Assert.True(rooms.TryGetValue(room, out var rule),
                $"src/{file} stands in the room {room}, which is not in the table. Add it to Room.All with the rooms it may use, and to docs/ARCHITECTURE.md.");
            var model = compilation.GetSemanticModel(tree);
            foreach (var node in tree.GetRoot().DescendantNodes()
                .Where(node => (node is SimpleNameSyntax && node.Parent is not NameColonSyntax) || node is ImplicitObjectCreationExpressionSyntax))
            {
                foreach (var used in RoomsOf(model, node))
                {
                    uses++;
                    if (used != room && !rule.MayUse.Contains(used, StringComparer.Ordinal))
                    {
                        var line = node.GetLocation().GetLineSpan().StartLinePosition.Line + 1;
                        violations.Add($"src/{file}({line}): {node} belongs to {used}, and {room} may not use {used}. {rule.Why}");
                    }
                }
            }
        }

        Assert.InRange(uses, 10_000, int.MaxValue);
        Assert.True(violations.Count == 0, $"{violations.Count} uses against the arrows:\n{string.Join('\n', violations)}");
    }

    [Fact]
    public void The_table_has_no_circle()
    {
        var above = new HashSet<string>(StringComparer.Ordinal);
        foreach (var room in Room.All)
        {
            Assert.All(room.MayUse, used => Assert.Contains(used, above));
            Assert.True(above.Add(room.Name));
        }
    }

    private static IEnumerable<string> RoomsOf(SemanticModel model, SyntaxNode node)
    {
        var info = model.GetSymbolInfo(node);
        foreach (var symbol in info.Symbol is { } found ? [found] : info.CandidateSymbols)
        {
            // For an extension method or a static member, the file of its class counts; for any other member, the file of its type.
            var type = symbol as INamedTypeSymbol ?? symbol.ContainingType;
            foreach (var file in type?.OriginalDefinition.DeclaringSyntaxReferences.Select(reference => reference.SyntaxTree.FilePath)
                .Where(file => file.Length > 0).Distinct() ?? [])
            {
                yield return RoomOf(file);
            }
        }
    }

    /// <summary>The room of a file below <c>src</c>: a folder of the core, or a package. Some folders of a folder are rooms of their own.</summary>
    private static string RoomOf(string file) =>
        file.Split('/') switch
        {
            ["WeChat.UnionPush", "Storage", "InMemory", ..] => "Storage/InMemory",
            ["WeChat.UnionPush", var folder, _, ..] => folder,
            ["Shared", var folder, _, ..] => $"Shared/{folder}",
            [var package, ..] => package,
            _ => "",
        };

    private static CSharpCompilation Compile()
    {
        const string usings = """
            global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq; global using System.Net.Http;
            global using System.Threading; global using System.Threading.Tasks; global using WeChat.UnionPush.Storage; global using WeChat.UnionPush.Callbacks;
            global using WeChat.UnionPush.Diagnostics; global using WeChat.UnionPush.Templates;
            """;
        var options = new CSharpParseOptions(LanguageVersion.Latest, preprocessorSymbols: ["NET", "NET8_0_OR_GREATER", "NET9_0_OR_GREATER", "NET10_0_OR_GREATER"]);
        var files =
            from path in Repository.Sources("src")
            let file = path["src/".Length..]
            where !Apart.Contains(file.Split('/')[0], StringComparer.Ordinal)
            select CSharpSyntaxTree.ParseText(File.ReadAllText(Path.Combine(Repository.Root, path)), options, file);
        return CSharpCompilation.Create(
            "House",
            [CSharpSyntaxTree.ParseText(usings, options), .. files],
            LoadedReferences.Without("WeChat.UnionPush"),
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true, nullableContextOptions: NullableContextOptions.Enable));
    }
}
