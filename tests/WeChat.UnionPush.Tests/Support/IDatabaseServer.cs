namespace WeChat.UnionPush.Tests;

/// <summary>A private database server, which can be stopped and started again under those who use it.</summary>
public interface IDatabaseServer : IStores, IAsyncDisposable
{
    Task StartAsync();

    /// <summary>Stops the server as an administrator would, breaking all connections.</summary>
    Task StopAsync();
}
