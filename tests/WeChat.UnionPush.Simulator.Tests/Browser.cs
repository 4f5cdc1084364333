using Microsoft.Playwright;

namespace WeChat.UnionPush.Simulator.Tests;

/// <summary>The machine's Chromium, one for all tests of a class; each test opens windows of its own.</summary>
public sealed class Browser : IAsyncLifetime
{
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public async ValueTask InitializeAsync()
    {
        var program = Environment.GetEnvironmentVariable("UNIONPUSH_CHROMIUM") ?? Programs.Find("chromium", "chromium", "chromium-browser", "google-chrome");
        _playwright = await Playwright.CreateAsync();

        // A busy machine is waited for.
        Assertions.SetDefaultExpectTimeout(60_000);
        _browser = await _playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = program,
            Timeout = 180_000,
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
    }

    /// <summary>A window. An error in one of its scripts fails the test that asks for <paramref name="errors"/>.</summary>
    internal async Task<IPage> OpenAsync(string address, int width, int height, string language, List<string> errors, ColorScheme colors = ColorScheme.Light)
    {
        var context = await _browser!.NewContextAsync(new() { ViewportSize = new() { Width = width, Height = height }, Locale = language, ColorScheme = colors });
        var page = await context.NewPageAsync();
        page.SetDefaultTimeout(60_000);
        page.PageError += (_, error) => errors.Add(error);
        page.Console += (_, message) =>
        {
            // An answer of 4xx is part of some tests; everything else that the console calls an error is one.
            if (message.Type == "error" && !message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal))
            {
                errors.Add(message.Text);
            }
        };
        await page.GotoAsync(address);
        return page;
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
    }
}
