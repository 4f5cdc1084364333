using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;

namespace WeChat.UnionPush.Generators;

/// <summary>
/// Makes a record of every template in the additional files that have the metadata <c>WeChatTemplates="true"</c>, or are named <c>templates.json</c> (or
/// <c>….templates.json</c>) and do not have it set to <c>false</c>. They hold the answer of <c>get_all_private_template</c>, or for subscribe
/// messages of <c>newtmpl/gettemplate</c>, as the platform gave it. The records are in the namespace <c>WeChatTemplates</c> under the project's root namespace, those
/// of subscribe messages in <c>WeChatTemplates.Subscribe</c>.
/// </summary>
/// <remarks>
/// <para>Names: a record is named after the title, without the characters that a C# name cannot have. Where several templates share a title, those after
/// the first get an underscore and the beginning of their id, so a template added at the end renames no record. A property is named after the label where
/// the label is a valid C# name that no other key of the template uses, and otherwise after the key. The first letter becomes a capital where it has one.</para>
/// </remarks>
[Generator(LanguageNames.CSharp)]
public sealed class TemplateRecordGenerator : IIncrementalGenerator
{
    private const string FileName = "templates.json";
    private const string Metadata = "build_metadata.AdditionalFiles.WeChatTemplates";

    private static readonly DiagnosticDescriptor NotRead = new(
        "UNIONPUSH002",
        "A template list is not read",
        "This file is a template list, and no records are made of it. Name it templates.json, or set WeChatTemplates=\"true\" on its AdditionalFiles item (\"false\" " +
            "if none are wanted).",
        "WeChat.UnionPush",
        DiagnosticSeverity.Warning,
        isEnabledByDefault: true);

    private static readonly DiagnosticDescriptor Unreadable = new(
        "UNIONPUSH001",
        "The template list cannot be read",
        "The template list cannot be read: {0}. Save the answer of get_all_private_template, or of newtmpl/gettemplate, as it came.",
        "WeChat.UnionPush",
        DiagnosticSeverity.Error,
        isEnabledByDefault: true);

    /// <inheritdoc />
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        // Paths and texts are plain strings, so they compare equal after an edit elsewhere and nothing is generated again.
        var files = context.AdditionalTextsProvider
            .Combine(context.AnalyzerConfigOptionsProvider)
            .Select(static (file, cancellationToken) => (file.Left.Path, Use: UseOf(file.Left, file.Right), Text: TextOf(file.Left, file.Right, cancellationToken)))
            .Where(static file => file.Use != Use.Nothing)
            .Collect();
        var rootNamespace = context.AnalyzerConfigOptionsProvider
            .Select(static (options, _) => options.GlobalOptions.TryGetValue("build_property.RootNamespace", out var value) ? value : "");

        context.RegisterSourceOutput(files.Combine(rootNamespace), static (output, source) => Generate(output, source.Left, source.Right));
    }

    private static Use UseOf(AdditionalText file, AnalyzerConfigOptionsProvider options)
    {
        if (options.GetOptions(file).TryGetValue(Metadata, out var value) && value.Trim() is { Length: > 0 } flag)
        {
            return flag.Equals("true", StringComparison.OrdinalIgnoreCase) ? Use.Records : Use.Nothing;
        }

        var name = Path.GetFileName(file.Path);
        return name.Equals(FileName, StringComparison.OrdinalIgnoreCase) || name.EndsWith("." + FileName, StringComparison.OrdinalIgnoreCase) ? Use.Records : Use.Hint;
    }

    /// <summary>The text of a list. For a file under another name, only a marker that it looks like a list.</summary>
    private static string TextOf(AdditionalText file, AnalyzerConfigOptionsProvider options, System.Threading.CancellationToken cancellationToken)
    {
        var use = UseOf(file, options);
        var text = use == Use.Nothing ? "" : file.GetText(cancellationToken)?.ToString() ?? "";
        var isList = text.Contains("\"template_list\"") || text.Contains("\"priTmplId\"");
        return use != Use.Hint ? text : isList && text.TrimStart().StartsWith("{", StringComparison.Ordinal) ? "template_list" : "";
    }

    private static void Generate(SourceProductionContext output, ImmutableArray<(string Path, Use Use, string Text)> files, string rootNamespace)
    {
        var templates = new List<Template>();
        foreach (var (path, use, text) in files.OrderBy(static file => file.Path, StringComparer.Ordinal))
        {
            if (use == Use.Hint)
            {
                if (text.Length > 0)
                {
                    output.ReportDiagnostic(Diagnostic.Create(NotRead, Location.Create(path, default, default)));
                }

                continue;
            }

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

    /// <summary>What is done with an additional file.</summary>
    private enum Use
    {
        Nothing,
        Hint,
        Records,
    }
}
