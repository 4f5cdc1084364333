using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Simulator;

/// <summary>A template as the REST API shows it.</summary>
internal sealed record TemplateView(
    string Id, string Title, string Content, string Example, SimulatedTemplateState State, bool Historical, IReadOnlyList<TemplateKey> Keys)
{
    public static TemplateView Of(SimulatedTemplate template)
    {
        var labels = CardLayout.Labels(template.Content);
        return new(
            template.Id, template.Title, template.Content, template.Example, template.State, template.IsHistorical,
            [
                .. template.Keys.Select(key =>
                {
                    var type = ValueRules.TypeOf(key);
                    var (en, zh) = FieldRules.Describe(type);
                    return new TemplateKey(key, labels.GetValueOrDefault(key, key), type, en, zh, template.ApprovedValues(key));
                }),
            ]);
    }
}
