using Microsoft.Extensions.Options;

namespace WeChat.UnionPush;

/// <summary>Collects what is wrong with the options of a registration, and names each option the way configuration does.</summary>
internal sealed class OptionsProblems(string? registration)
{
    private readonly List<string> _found = [];

    public ValidateOptionsResult Result => _found.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(_found);

    public void Add(string option, string problem) => _found.Add($"{Registration.TitleOf(registration)}: {option} {problem}.");

    public void CheckSpan(TimeSpan value, string option, TimeSpan longest)
    {
        if (value <= TimeSpan.Zero || value > longest)
        {
            Add(option, $"is {value}; it is more than zero and at most {longest}");
        }
    }

    public void CheckNumber(int value, string option, int smallest, int largest)
    {
        if (value < smallest || value > largest)
        {
            Add(option, $"is {value}; it is from {smallest} to {largest}");
        }
    }

    public void CheckName<TEnum>(TEnum value, string option)
        where TEnum : struct, Enum
    {
        if (!Enum.IsDefined(value))
        {
            var names = Enum.GetNames<TEnum>();
            Add(option, $"is {value:D}; it is {string.Join(", ", names[..^1])} or {names[^1]}");
        }
    }
}
