using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Simulator;

/// <summary>How many calls of an API an app may make.</summary>
internal sealed record QuotaRequest
{
    public long? Daily { get; init; }

    public long? Minute { get; init; }

    public void Apply(SimulatedApp app, string path)
    {
        try
        {
            SimulatedPlatform.ThrowIfUnknown(path);
            if (Daily is { } daily)
            {
                app.Quotas.SetDailyLimit(path, daily);
            }

            if (Minute is { } minute)
            {
                app.Quotas.SetMinuteLimit(path, minute);
            }
        }
        catch (ArgumentException misfit)
        {
            throw new SimulatorException(400, misfit.Message, misfit);
        }
    }
}
