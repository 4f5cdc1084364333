namespace WeChat.UnionPush.Fuzz;

/// <summary>All targets.</summary>
internal static class FuzzTargets
{
    public static IReadOnlyList<FuzzTarget> All { get; } =
        [.. AnswerTargets.All(), .. CallbackTargets.All(), .. OpenDataTarget.All(), .. TemplateTargets.All(), .. StoredTargets.All()];
}
