using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace WeChat.UnionPush;

/// <summary>Finds the configuration section that is not there, and the keys in it that no option reads.</summary>
internal sealed class ConfigurationKeysValidator(Registrations registrations) : IValidateOptions<WeChatUnionPushOptions>
{
    public ValidateOptionsResult Validate(string? name, WeChatUnionPushOptions options)
    {
        if (registrations.Of(name ?? "")?.Configuration is not { } configuration)
        {
            return ValidateOptionsResult.Skip;
        }

        var problems = new OptionsProblems(name);
        var root = (configuration as IConfigurationSection)?.Path;
        if (root is not null && !((IConfigurationSection)configuration).Exists() && options.OfficialAccount.AppId.Length == 0 && options.MiniProgram.AppId.Length == 0)
        {
            problems.Add($"the configuration section '{root}'",
                "is absent or empty. Check its name in GetSection, and that appsettings.json, user secrets or the environment (such as "
                + $"{root.Replace(":", "__", StringComparison.Ordinal)}__OfficialAccount__AppId) is read in this environment");
        }

        foreach (var unknown in ConfigurationKeys.FindUnknown(configuration).Where(static unknown => unknown.IsCertain))
        {
            problems.Add(unknown.Path, $"is no option{(root is null ? "" : $", but stands in the configuration section '{root}'")}. The nearest one is {unknown.Nearest}");
        }

        return problems.Result;
    }
}
