using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Simulator;

/// <summary>A template in a seed, or one to be added.</summary>
internal sealed record SeedTemplate
{
    public string? Id { get; set; }

    public string Title { get; set; } = "";

    public string Content { get; set; } = "";

    public string? Example { get; set; }

    public SimulatedTemplateState State { get; set; }

    /// <summary>The values that a key may have.</summary>
    public Dictionary<string, string[]>? Approved { get; set; }

    public void Finish(SimulatedTemplate template)
    {
        template.State = State;
        foreach (var (key, values) in Approved ?? [])
        {
            template.Approve(key, values);
        }
    }
}
