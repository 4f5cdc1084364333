using System.Globalization;
using System.Text.Json;

namespace WeChat.UnionPush.Mutation;

/// <summary>A change that Stryker placed in the library, switched off until somebody switches it on.</summary>
/// <param name="Id">Its number in the library.</param>
/// <param name="File">The file below the core's folder, with slashes.</param>
/// <param name="Line">The line, from 1.</param>
/// <param name="Column">The column, from 1.</param>
/// <param name="Kind">What kind of change, in Stryker's words.</param>
/// <param name="Replacement">What stands there instead.</param>
internal sealed record Mutant(int Id, string File, int Line, int Column, string Kind, string Replacement)
{
    /// <summary>The room it is in. To reach somebody is a room of its own, as in the table.</summary>
    public string Room => File.StartsWith("Push/Reach/", StringComparison.Ordinal) ? "Reach"
        : File.StartsWith("../", StringComparison.Ordinal) ? "Shared"
        : File[..File.IndexOf('/', StringComparison.Ordinal)];

    /// <summary>Those of Stryker's report that compile and are not left out.</summary>
    public static List<Mutant> Read(string report)
    {
        using var document = JsonDocument.Parse(System.IO.File.ReadAllBytes(report));
        var mutants = new List<Mutant>();
        foreach (var file in document.RootElement.GetProperty("files").EnumerateObject())
        {
            const string core = "src/WeChat.UnionPush/";
            var path = file.Name.Replace('\\', '/');
            path = path[(path.IndexOf(core, StringComparison.Ordinal) + core.Length)..];
            foreach (var mutant in file.Value.GetProperty("mutants").EnumerateArray())
            {
                if (path.Contains('/', StringComparison.Ordinal) && mutant.GetProperty("status").GetString() is not ("Ignored" or "CompileError"))
                {
                    var start = mutant.GetProperty("location").GetProperty("start");
                    mutants.Add(new Mutant(
                        int.Parse(mutant.GetProperty("id").GetString()!, CultureInfo.InvariantCulture),
                        path,
                        start.GetProperty("line").GetInt32(),
                        start.GetProperty("column").GetInt32(),
                        mutant.GetProperty("mutatorName").GetString()!,
                        mutant.TryGetProperty("replacement", out var replacement) ? replacement.GetString() ?? "" : ""));
                }
            }
        }

        return mutants;
    }
}
