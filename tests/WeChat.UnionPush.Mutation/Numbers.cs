using System.Globalization;
using System.Text.Json;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace WeChat.UnionPush.Mutation;

/// <summary>
/// Places changes of numbers, which Stryker does not make: in a copy of the library's source, each number gets the next one beside it, behind a switch. A limit
/// or a time carries a promise as often as a condition does.
/// </summary>
internal static class Numbers
{
    private const string Core = "src/WeChat.UnionPush";

    // The same names as in what Stryker places: see Switch.
    private const string Control =
        """
        namespace WeChat.UnionPush;

        internal static class MutantControl
        {
            public static int ActiveMutant = -1;
            public static bool CaptureCoverage;
            private static readonly System.Collections.Generic.HashSet<int> s_captured = [];

            public static bool IsActive(int mutant)
            {
                if (CaptureCoverage)
                {
                    lock (s_captured)
                    {
                        s_captured.Add(mutant);
                    }
                }

                return mutant == ActiveMutant;
            }

            public static System.Collections.Generic.IList<int>[] GetCoverageData()
            {
                lock (s_captured)
                {
                    System.Collections.Generic.IList<int>[] captured = [[.. s_captured], []];
                    s_captured.Clear();
                    return captured;
                }
            }
        }
        """;

    /// <summary>Changes the copy in place, and writes the list of changes as Stryker writes its own.</summary>
    /// <param name="tree">The copy of the repository.</param>
    /// <param name="report">Where the list goes.</param>
    /// <param name="without">Lines that do not compile with a change, as <c>Shared/Base36.cs:7</c>.</param>
    public static void Place(string tree, string report, string[] without)
    {
        // Of what is shared, the core has the files of the first level.
        var files = Directory.EnumerateFiles(Path.Combine(tree, Core), "*.cs", SearchOption.AllDirectories)
            .Concat(Directory.EnumerateFiles(Path.Combine(tree, "src/Shared"), "*.cs"))
            .Where(static file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(file => (Name: Path.GetRelativePath(Path.Combine(tree, "src"), file), Root: CSharpSyntaxTree.ParseText(File.ReadAllText(file)).GetRoot()))
            .ToArray();
        var fixedNames = FixedNames([.. files.Select(static file => file.Root)]);
        var placed = new Dictionary<string, object>();
        var id = 0;
        foreach (var (name, root) in files)
        {
            var edits = new List<(int Start, int Length, string Text)>();
            var mutants = new List<object>();
            foreach (var literal in root.DescendantNodes().OfType<LiteralExpressionSyntax>().Where(static node => node.IsKind(SyntaxKind.NumericLiteralExpression)))
            {
                var at = literal.GetLocation().GetLineSpan().StartLinePosition;
                if (Next(literal) is { } next && CanChange(literal, fixedNames) && !without.Contains($"{name}:{at.Line + 1}"))
                {
                    var cast = literal.Ancestors().OfType<VariableDeclarationSyntax>().FirstOrDefault()?.Type.ToString() == "byte" ? "(byte)" : "";
                    edits.Add((literal.SpanStart, literal.Span.Length, $"{cast}(global::WeChat.UnionPush.MutantControl.IsActive({id}) ? {next} : {literal})"));
                    mutants.Add(new
                    {
                        id = $"{id++}",
                        mutatorName = "Number",
                        replacement = next,
                        status = "Pending",
                        location = new { start = new { line = at.Line + 1, column = at.Character + 1 } },
                    });
                }
            }

            if (mutants.Count > 0)
            {
                edits.AddRange(root.DescendantNodes().OfType<VariableDeclarationSyntax>().Where(declaration => CanBeProperty(declaration, fixedNames)).SelectMany(MakeProperty));
                var text = root.ToFullString();
                foreach (var (start, length, replacement) in edits.OrderByDescending(static edit => edit.Start))
                {
                    text = string.Concat(text.AsSpan(0, start), replacement, text.AsSpan(start + length));
                }

                File.WriteAllText(Path.Combine(tree, "src", name), text);
                placed[name.StartsWith("Shared/", StringComparison.Ordinal) ? $"{Core}/../{name}" : $"src/{name}"] = new { mutants };
            }
        }

        File.WriteAllText(Path.Combine(tree, Core, "MutantControl.cs"), Control);
        File.WriteAllText(report, JsonSerializer.Serialize(new { files = placed }));
        Console.WriteLine($"{id} numbers");
    }

    /// <summary>What stands in the number's place: the next whole number, or a tenth less of another. None for 0, and for 1 but where it is a limit or a time.</summary>
    private static string? Next(LiteralExpressionSyntax literal) => literal.Token.Value switch
    {
        int or long when literal.Token.Text is ['0', 'x' or 'X' or 'b' or 'B', ..] => null,
        int value when value > 1 || (value == 1 && IsLimit(literal)) => (value + 1).ToString(CultureInfo.InvariantCulture),
        long value when value > 1 => $"{value + 1}L",
        double value and > 0 => (value * 0.9).ToString("0.0#######", CultureInfo.InvariantCulture),
        _ => null,
    };

    private static bool IsLimit(LiteralExpressionSyntax literal) =>
        literal.Ancestors().Any(static node => node is FieldDeclarationSyntax or PropertyDeclarationSyntax { Initializer: not null }
            || (node is InvocationExpressionSyntax call && call.Expression.ToString().StartsWith("TimeSpan.From", StringComparison.Ordinal)));

    /// <summary>Constants whose names stand where only a constant may stand.</summary>
    private static HashSet<string> FixedNames(SyntaxNode[] roots)
    {
        var names = new HashSet<string>(roots.SelectMany(static root => root.DescendantNodes()).Where(static node => node is IdentifierNameSyntax && IsInConstant(node))
            .Select(static node => node.ToString()));
        for (var count = -1; count != names.Count;)
        {
            count = names.Count;
            names.UnionWith(roots.SelectMany(static root => root.DescendantNodes().OfType<VariableDeclarationSyntax>())
                .Where(declaration => IsConst(declaration) && !CanBeProperty(declaration, names))
                .SelectMany(static declaration => declaration.DescendantNodes().OfType<IdentifierNameSyntax>())
                .Select(static name => name.ToString()));
        }

        return names;
    }

    private static bool IsInConstant(SyntaxNode node) => node.Ancestors().Any(static node =>
        node.IsKind(SyntaxKind.IsExpression)
            || node is AttributeSyntax or PatternSyntax or CaseSwitchLabelSyntax or EnumMemberDeclarationSyntax or ParameterSyntax or InterpolationAlignmentClauseSyntax);

    private static bool IsConst(VariableDeclarationSyntax declaration) =>
        (declaration.Parent is FieldDeclarationSyntax field && field.Modifiers.Any(SyntaxKind.ConstKeyword))
        || declaration.Parent is LocalDeclarationStatementSyntax { IsConst: true };

    private static bool CanBeProperty(VariableDeclarationSyntax declaration, HashSet<string> fixedNames)
    {
        if (declaration.Variables is not [{ Initializer: not null } variable] || fixedNames.Contains(variable.Identifier.Text))
        {
            return false;
        }

        // A constant is written into the assemblies that use it; a field is looked up there.
        return IsConst(declaration) || (declaration.Parent is FieldDeclarationSyntax field && IsStatic(field) && field.Modifiers.Any(SyntaxKind.PrivateKeyword)
            && declaration.Type.ToString() is "TimeSpan" or "TimeSpan[]" or "int" or "long" or "double");
    }

    private static bool IsStatic(MemberDeclarationSyntax member) => member.Modifiers.Any(SyntaxKind.StaticKeyword);

    private static bool CanChange(LiteralExpressionSyntax literal, HashSet<string> fixedNames)
    {
        var declaration = literal.Ancestors().OfType<VariableDeclarationSyntax>().FirstOrDefault();
        var isInStatic = literal.Ancestors().Any(static node => node is FieldDeclarationSyntax field && (IsStatic(field) || field.Modifiers.Any(SyntaxKind.ConstKeyword)))
            || literal.Ancestors().Any(static node => node is PropertyDeclarationSyntax { Initializer: not null } property && IsStatic(property));
        return !IsInConstant(literal) && (declaration is null ? !isInStatic : CanBeProperty(declaration, fixedNames) || !(isInStatic || IsConst(declaration)));
    }

    private static IEnumerable<(int Start, int Length, string Text)> MakeProperty(VariableDeclarationSyntax declaration)
    {
        if (declaration.Parent is LocalDeclarationStatementSyntax local)
        {
            var word = local.Modifiers.Single(static modifier => modifier.IsKind(SyntaxKind.ConstKeyword));
            yield return (word.SpanStart, word.Span.Length, "");
            yield break;
        }

        var field = (FieldDeclarationSyntax)declaration.Parent!;
        var keyword = field.Modifiers.Single(static word => word.IsKind(SyntaxKind.ConstKeyword) || word.IsKind(SyntaxKind.ReadOnlyKeyword));
        yield return (keyword.SpanStart, keyword.Span.Length, keyword.IsKind(SyntaxKind.ConstKeyword) ? "static" : "");
        yield return (declaration.Variables[0].Initializer!.EqualsToken.SpanStart, 1, "=>");
    }
}
