using System.Globalization;
using System.Net;
using System.Net.Sockets;

[assembly: AssemblyFixture(typeof(WeChat.UnionPush.Tests.RabbitMqServer))]

namespace WeChat.UnionPush.Tests;

/// <summary>
/// A private RabbitMQ on loopback ports, started for the first test that needs it and gone with the test run: with a node name, a cookie, a data folder and a
/// port mapper (epmd) of its own, so that it meets no other on the machine. Without the server's programs such tests are skipped; with
/// <c>UNIONPUSH_REQUIRE_SERVERS=1</c> they fail.
/// </summary>
public sealed class RabbitMqServer : IAsyncDisposable
{
    /// <summary>Runs the port mapper as long as the server, which would leave one behind otherwise. The log goes to standard error.</summary>
    private const string Both = """
        epmd -address 127.0.0.1 </dev/null >/dev/null 2>&1 &
        epmd=$!
        "$@" >&2 &
        server=$!
        trap 'kill -TERM $server' TERM
        wait $server
        wait $server
        kill $epmd
        """;

    private readonly SemaphoreSlim _starting = new(1);
    private readonly PrivateServer _server = new();
    private readonly string _node = $"unionpush-{Guid.NewGuid():N}@localhost";
    private string _programs = "";
    private string[] _environment = [];
    private int _hosts;

    /// <summary>An address with a virtual host of its own, in a server that is running.</summary>
    public async Task<string> CreateVirtualHostAsync()
    {
        await StartAsync();
        var name = $"test{Interlocked.Increment(ref _hosts)}";
        await ControlAsync("add_vhost", name);
        await ControlAsync("set_permissions", "-p", name, "guest", ".*", ".*", ".*");
        return $"amqp://guest:guest@127.0.0.1:{_server.Port}/{name}";
    }

    /// <summary>How many messages each queue has, delivered and not yet confirmed ones too.</summary>
    public async Task<IReadOnlyDictionary<string, int>> CountMessagesAsync(string address)
    {
        var output = await ControlAsync("list_queues", "-p", new Uri(address).AbsolutePath.TrimStart('/'), "--no-table-headers", "name", "messages");
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => line.Split('\t'))
            .ToDictionary(static line => line[0], static line => int.Parse(line[1], CultureInfo.InvariantCulture), StringComparer.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.StopAsync();
        _server.Dispose();
    }

    private async Task StartAsync()
    {
        await _starting.WaitAsync();
        try
        {
            if (_server.IsRunning)
            {
                return;
            }

            // Not the ones on the path, which change the user.
            _programs = PrivateServer.FindPrograms(["/usr/lib/rabbitmq/bin"], "apt-get install rabbitmq-server", "rabbitmq-server", "rabbitmqctl", "rabbitmq-env");
            var data = _server.DataFolder;
            await _server.RunAsync("mkdir", "-p", data);
            await _server.RunAsync("sh", "-c", $"echo '[].' >{data}/enabled_plugins; echo 'loopback_users.guest = true' >{data}/rabbitmq.conf");
            await _server.StartAsync("Server startup complete", "TERM", "/usr/bin/env", port =>
            {
                // All ports anew at each attempt.
                _environment = EnvironmentOf(data);
                return
                [
                    .. _environment, $"RABBITMQ_NODE_PORT={port.ToString(CultureInfo.InvariantCulture)}", "sh", "-c", Both, "sh", Path.Combine(_programs, "rabbitmq-server"),
                ];
            });
        }
        finally
        {
            _starting.Release();
        }
    }

    private string[] EnvironmentOf(string data) =>
    [
        $"HOME={data}", $"ERL_EPMD_PORT={FreePort()}", "ERL_EPMD_ADDRESS=127.0.0.1", "LANG=C.UTF-8", $"RABBITMQ_NODENAME={_node}", $"RABBITMQ_DIST_PORT={FreePort()}",
        $"RABBITMQ_MNESIA_BASE={data}/mnesia", $"RABBITMQ_LOG_BASE={data}/log", "RABBITMQ_LOGS=-", $"RABBITMQ_PID_FILE={data}/pid",
        $"RABBITMQ_CONFIG_FILE={data}/rabbitmq.conf", $"RABBITMQ_ENABLED_PLUGINS_FILE={data}/enabled_plugins", $"RABBITMQ_GENERATED_CONFIG_DIR={data}/config",
        "RABBITMQ_CONF_ENV_FILE=/dev/null", "RABBITMQ_NODE_IP_ADDRESS=127.0.0.1",

        // Two schedulers, and no threads that spin while they wait: other tests want the machine too.
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}",
    ];

    private Task<string> ControlAsync(params string[] arguments) =>
        _server.ReadAsync("/usr/bin/env", [.. _environment, Path.Combine(_programs, "rabbitmqctl"), "--quiet", "--node", _node, .. arguments]);

    private static string FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
    }
}
