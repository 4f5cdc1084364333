using System.Collections.Concurrent;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Simulator;

/// <summary>A platform with the names that the page has for what is on it. An import replaces it as a whole.</summary>
internal sealed class World(SimulatedPlatform platform)
{
    public SimulatedPlatform Platform { get; } = platform;

    public PeopleBook People { get; } = new(platform);

    public FaultBook Faults { get; } = new(platform);

    public ConcurrentDictionary<string, string> AppNames { get; } = new(StringComparer.Ordinal);

    public HttpMessageInvoker Door { get; } = new(platform.CreateHandler());
}
