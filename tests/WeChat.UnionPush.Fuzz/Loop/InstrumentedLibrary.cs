using System.Reflection;
using System.Runtime.Loader;
using SharpFuzz;

namespace WeChat.UnionPush.Fuzz;

/// <summary>Instruments a copy of the library, and loads this program once more beside it.</summary>
internal static class InstrumentedLibrary
{
    private const string Library = "WeChat.UnionPush";

    public static int Run(Options options)
    {
        var folder = Directory.CreateTempSubdirectory("unionpush-fuzz-");
        try
        {
            var copy = Path.Combine(folder.FullName, Library + ".dll");
            File.Copy(Path.Combine(AppContext.BaseDirectory, Library + ".dll"), copy);

            // Read once, when SharpFuzz's options are first used; there is no other way to set it.
            Environment.SetEnvironmentVariable("SHARPFUZZ_ENABLE_ON_BRANCH_CALLBACK", "1");
            Fuzzer.Instrument(copy, static _ => true, SharpFuzz.Options.Value);
            var program = new Beside(copy).LoadFromAssemblyPath(typeof(InstrumentedLibrary).Assembly.Location);
            var run = program.GetType(typeof(FuzzRun).FullName!, throwOnError: true)!.GetMethod(nameof(FuzzRun.Start), BindingFlags.Static | BindingFlags.Public)!;
            return (int)run.Invoke(null, BindingFlags.DoNotWrapExceptions, null, [options.ToArguments()], null)!;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Where this program finds the copy in place of the library. Everything else it shares, above all SharpFuzz's memory of branches.</summary>
    private sealed class Beside(string copy) : AssemblyLoadContext("fuzz")
    {
        protected override Assembly? Load(AssemblyName assemblyName) => assemblyName.Name == Library ? LoadFromAssemblyPath(copy) : null;
    }
}
