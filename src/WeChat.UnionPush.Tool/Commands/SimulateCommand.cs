using System.CommandLine;
using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Spectre.Console;
using WeChat.UnionPush.Simulator;

namespace WeChat.UnionPush.Tool.Commands;

/// <summary><c>unionpush simulate</c>: the simulated platform on this machine, with its page.</summary>
internal static class SimulateCommand
{
    private const int StandardPort = 5290;

    public static Command Create()
    {
        var port = new Option<int>("--port", "-p")
        {
            Description = "The port. 0 takes any that is free.",
            DefaultValueFactory = _ => StandardPort,
        };
        var listen = new Option<string[]>("--listen")
        {
            Description = "Other addresses to listen on, such as http://0.0.0.0:5290. Needs --allow-remote unless they are loopback.",
            AllowMultipleArgumentsPerToken = true,
        };
        var remote = new Option<bool>("--allow-remote") { Description = "Answers other machines too. There is no sign-in: whoever connects may do everything." };
        var hosts = new Option<string[]>("--allow-host")
        {
            Description = "A name under which the simulator may be called beside localhost, such as host.docker.internal.",
            AllowMultipleArgumentsPerToken = true,
        };
        var seed = new Option<FileInfo?>("--seed") { Description = "A seed file: written by hand, or exported by the page. A small bookshop when left out." };
        var callback = new Option<string?>("--callback") { Description = "Where the Official Account's events go, such as http://localhost:5080/wechat/callback." };
        var keep = new Option<int>("--keep") { Description = "How many messages are kept.", DefaultValueFactory = _ => 10_000 };
        var open = new Option<bool>("--open") { Description = "Opens the page in the browser." };
        port.Validators.Add(static result =>
        {
            if (result.GetValueOrDefault<int>() is < 0 or > 65_535)
            {
                result.AddError("--port is 0 to 65535.");
            }
        });
        keep.Validators.Add(static result =>
        {
            if (result.GetValueOrDefault<int>() < 0)
            {
                result.AddError("--keep is not negative.");
            }
        });

        var command = new Command("simulate", "Starts a simulated WeChat platform on this machine, with a page that shows the phone.")
        {
            port, listen, remote, hosts, seed, callback, keep, open,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            new Settings(
                parsed.GetValue(port), parsed.GetValue(listen) ?? [], parsed.GetValue(remote), parsed.GetValue(hosts) ?? [], parsed.GetValue(seed),
                parsed.GetValue(callback), parsed.GetValue(keep), parsed.GetValue(open)),
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(Settings settings, CancellationToken cancellationToken)
    {
        var options = new SimulatorOptions { AllowRemoteClients = settings.AllowRemote, MaxMessages = settings.Keep };
        foreach (var host in settings.Hosts)
        {
            options.AllowedHosts.Add(host);
        }

        if (FindRefused(settings) is { } refused)
        {
            return Fail($"{refused} can be reached from other machines. If that is meant, say --allow-remote.");
        }

        PlatformSimulator simulator;
        try
        {
            simulator = await LoadAsync(settings, options, cancellationToken);
            if (settings.Callback is { } address)
            {
                simulator.SetCallback(address);
            }
        }
        catch (Exception invalid) when (invalid is InvalidDataException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            return Fail(invalid.Message);
        }

        // Nothing of the folder that the tool is started in is of any meaning to it.
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.AddServerHeader = false);
        builder.WebHost.UseUrls(Addresses(settings));
        await using var app = builder.Build();
        app.MapPlatformSimulator(simulator);
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch (IOException taken)
        {
            return Fail($"{taken.Message} Take another port with --port, or --port 0 for any that is free.");
        }

        var page = app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First();
        Greet(simulator, page, settings);
        if (settings.Open)
        {
            Open(page);
        }

        await app.WaitForShutdownAsync(cancellationToken);
        return 0;
    }

    private static async Task<PlatformSimulator> LoadAsync(Settings settings, SimulatorOptions options, CancellationToken cancellationToken)
    {
        if (settings.Seed is null)
        {
            return PlatformSimulator.CreateDemo(options);
        }

        await using var file = settings.Seed.OpenRead();
        return await PlatformSimulator.LoadAsync(file, options, cancellationToken: cancellationToken);
    }

    private static string[] Addresses(Settings settings) => settings.Listen.Length > 0 ? settings.Listen : [$"http://127.0.0.1:{settings.Port}"];

    private static string? FindRefused(Settings settings) => settings.AllowRemote ? null : Array.Find(settings.Listen, static text =>
        !Uri.TryCreate(text, UriKind.Absolute, out var address)
        || !(address.IsLoopback || (IPAddress.TryParse(address.Host.Trim('[', ']'), out var number) && IPAddress.IsLoopback(number))));

    private static void Greet(PlatformSimulator simulator, string page, Settings settings)
    {
        // In a pipe, plain lines that a script can read; the first one is the address.
        if (Console.IsOutputRedirected)
        {
            Console.WriteLine(page);
            return;
        }

        AnsiConsole.MarkupLine($"[bold green]●[/] The simulated platform is up: [link]{page.EscapeMarkup()}[/]");
        AnsiConsole.MarkupLine($"  Host:  [dim]WeChat:ApiBaseAddress =[/] {page.EscapeMarkup()}   [dim](app ids and secrets: {page.EscapeMarkup()}/#/setup)[/]");
        AnsiConsole.MarkupLine($"  Tests: {page.EscapeMarkup()}/openapi.json");
        if (settings.Callback is null && !simulator.HasCallback)
        {
            AnsiConsole.MarkupLine("  Events are pushed once a callback URL is set: --callback, or on the page under Connect.");
        }

        AnsiConsole.MarkupLine("  [dim]Ctrl-C ends it; nothing is kept.[/]");
    }

    private static void Open(string page)
    {
        try
        {
            using var _ = Process.Start(new ProcessStartInfo(page) { UseShellExecute = true });
        }
        catch (Exception nothing) when (nothing is System.ComponentModel.Win32Exception or InvalidOperationException or PlatformNotSupportedException)
        {
            Console.Error.WriteLine("No browser could be opened.");
        }
    }

    private static int Fail(string message)
    {
        Console.Error.WriteLine($"unionpush: {message}");
        return 2;
    }

    private sealed record Settings(
        int Port, string[] Listen, bool AllowRemote, string[] Hosts, FileInfo? Seed, string? Callback, int Keep, bool Open);
}
