using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Simulator;

/// <summary>Where an app's events go.</summary>
internal sealed record CallbackRequest
{
    public string Url { get; set; } = "";

    /// <summary>The token (令牌). Left out, the app keeps the one it has, or gets the default.</summary>
    public string? Token { get; set; }

    /// <summary>The key of 43 characters. Left out, the app keeps the one it has, or gets the default.</summary>
    public string? EncodingAesKey { get; set; }

    public SimulatedCallbackMode Mode { get; set; } = SimulatedCallbackMode.Safe;

    /// <summary>JSON instead of XML, which a Mini Program may choose.</summary>
    public bool Json { get; set; }

    /// <exception cref="SimulatorException">It does not fit.</exception>
    public SimulatedCallback ToCallback(PlatformSimulator simulator, SimulatedApp app)
    {
        if (!Uri.TryCreate(Url, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
        {
            throw new SimulatorException(400, $"url must be an absolute http or https address, and \"{Url}\" is none.");
        }

        var known = app.Callback ?? simulator.FindCurrent(app.AppId)?.Callback;
        try
        {
            return new SimulatedCallback(Token ?? known?.Token ?? SeedApp.DefaultToken, address, simulator.CallbackClient)
            {
                Mode = Mode,
                EncodingAesKey = EncodingAesKey ?? known?.EncodingAesKey ?? SeedApp.DefaultAesKey,
                UsesJson = Json && !app.IsOfficialAccount,
            };
        }
        catch (ArgumentException misfit)
        {
            throw new SimulatorException(400, misfit.Message, misfit);
        }
    }
}
