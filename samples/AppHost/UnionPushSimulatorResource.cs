namespace AppHostSample;

/// <summary><c>unionpush simulate</c>: the simulated WeChat platform, with its page at the root of its endpoint.</summary>
/// <param name="name">Name of the resource.</param>
/// <param name="command">The program.</param>
/// <param name="folder">The folder it runs in.</param>
internal sealed class UnionPushSimulatorResource(string name, string command, string folder) : ExecutableResource(name, command, folder)
{
    public EndpointReference Endpoint => new(this, "http");
}
