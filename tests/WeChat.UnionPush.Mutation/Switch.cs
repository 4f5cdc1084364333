using System.Reflection;

namespace WeChat.UnionPush.Mutation;

/// <summary>The switch that Stryker compiled into the library: which change is on, and which places a test came through.</summary>
internal static class Switch
{
    private static readonly Type Control =
        typeof(IUnionPush).Assembly.GetTypes().SingleOrDefault(static type => type.Name == "MutantControl")
        ?? throw new InvalidOperationException("This library has no changes in it. tests/mutation.sh places them.");

    private static readonly FieldInfo Active = Control.GetField("ActiveMutant", BindingFlags.Public | BindingFlags.Static)!;
    private static readonly FieldInfo Capture = Control.GetField("CaptureCoverage", BindingFlags.Public | BindingFlags.Static)!;
    private static readonly MethodInfo Captured = Control.GetMethod("GetCoverageData", BindingFlags.Public | BindingFlags.Static)!;

    /// <summary>Switches one change on and all others off.</summary>
    public static void On(int mutant) => Active.SetValue(null, mutant);

    /// <summary>Switches all changes off.</summary>
    public static void Off() => Active.SetValue(null, -1);

    /// <summary>Whether places are noted that tests come through.</summary>
    public static bool IsCapturing { set => Capture.SetValue(null, value); }

    /// <summary>The changes whose places were come through since the last call, and those of them that run only once in a process.</summary>
    public static (IList<int> All, IList<int> Once) TakeCaptured()
    {
        var lists = (IList<int>[])Captured.Invoke(null, null)!;
        return (lists[0], lists[1]);
    }
}
