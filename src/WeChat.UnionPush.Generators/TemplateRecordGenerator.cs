using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace WeChat.UnionPush.Generators;

/// <summary>
/// Makes a record of every template in the additional files named <c>templates.json</c> (or <c>….templates.json</c>), which hold the answer
/// of <c>get_all_private_template</c> as the platform gave it. The records stand in the namespace <c>WeChatTemplates</c> beneath the
/// project's root namespace.
/// </summary>
/// <remarks>
/// <para>How names come about: a record has the title's name, without what cannot stand in a C# name; where several templates share one, each
/// gets an underscore and the beginning of its id. A property has the label's name where the label is a C# name that no other key of the
/// template claims, and otherwise the key's. First letters become capitals where they have one.</para>
/// </remarks>
[Generator(LanguageNames.CSharp)]
public sealed class TemplateRecordGenerator : IIncrementalGenerator
{
    private const string FileName = "templates.json";

    private static readonly DiagnosticDescriptor Unreadable = new(
        "UNIONPUSH001",
        "The template list cannot be read",
        "The template list cannot be read: {0}. Save the answer of get_all_private_template as it came.",
        "WeChat.UnionPush",
        DiagnosticSeverity.Error,
        isEnabledByDefault: true);

    /// <inheritdoc />
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        // Paths and texts are plain strings, so an edit elsewhere finds them equal and makes nothing anew.
        var files = context.AdditionalTextsProvider
            .Where(static file => IsTemplateList(file.Path))
            .Select(static (file, cancellationToken) => (file.Path, Text: file.GetText(cancellationToken)?.ToString() ?? ""))
            .Collect();
        var rootNamespace = context.AnalyzerConfigOptionsProvider
            .Select(static (options, _) => options.GlobalOptions.TryGetValue("build_property.RootNamespace", out var value) ? value : "");

        context.RegisterSourceOutput(files.Combine(rootNamespace), static (output, source) => Generate(output, source.Left, source.Right));
    }

    private static bool IsTemplateList(string path)
    {
        var name = Path.GetFileName(path);
        return name.Equals(FileName, StringComparison.OrdinalIgnoreCase) || name.EndsWith("." + FileName, StringComparison.OrdinalIgnoreCase);
    }

    private static void Generate(SourceProductionContext output, ImmutableArray<(string Path, string Text)> files, string rootNamespace)
    {
        var templates = new List<Template>();
        foreach (var (path, text) in files.OrderBy(static file => file.Path, StringComparer.Ordinal))
        {
            try
            {
                templates.AddRange(TemplateList.Read(text));
            }
            catch (TemplateListException exception)
            {
                var at = SourceText.From(text).Lines.GetLinePosition(exception.Position);
                var location = Location.Create(path, new TextSpan(exception.Position, 0), new LinePositionSpan(at, at));
                output.ReportDiagnostic(Diagnostic.Create(Unreadable, location, exception.Message));
            }
        }

        if (templates.Count > 0)
        {
            output.AddSource("WeChatTemplates.g.cs", SourceText.From(TemplateRecordWriter.Write(templates, rootNamespace), System.Text.Encoding.UTF8));
        }
    }
}
