namespace WeChat.UnionPush.Simulator;

/// <summary>A request of the REST API that cannot be carried out, with the HTTP status that says so.</summary>
internal sealed class SimulatorException(int status, string message, Exception? innerException = null) : Exception(message, innerException)
{
    public int Status { get; } = status;
}
