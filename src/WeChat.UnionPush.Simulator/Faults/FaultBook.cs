using System.Globalization;
using System.Net;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Simulator;

/// <summary>The faults that were declared through the REST API, under numbers.</summary>
internal sealed class FaultBook(SimulatedPlatform platform)
{
    private readonly object _gate = new();
    private readonly Dictionary<long, (FaultRequest Request, SimulatedFault Fault)> _faults = [];
    private long _lastId;

    public FaultView Add(FaultRequest request)
    {
        var fault = Describe(request);
        lock (_gate)
        {
            _faults.Add(++_lastId, (request, fault));
            platform.Faults.Add(fault);
            return View(_lastId);
        }
    }

    public bool Remove(long id)
    {
        lock (_gate)
        {
            return _faults.Remove(id, out var entry) && platform.Faults.Remove(entry.Fault);
        }
    }

    public void Clear()
    {
        lock (_gate)
        {
            foreach (var (_, fault) in _faults.Values)
            {
                platform.Faults.Remove(fault);
            }

            _faults.Clear();
        }
    }

    public IReadOnlyList<FaultView> All()
    {
        lock (_gate)
        {
            return [.. _faults.Keys.Select(View)];
        }
    }

    private FaultView View(long id)
    {
        var (request, fault) = _faults[id];
        return new FaultView(id, request, fault.Strikes);
    }

    private SimulatedFault Describe(FaultRequest request)
    {
        SimulatedFault fault;
        try
        {
            fault = Kind(request);
            if (request.Path is { Length: > 0 } path)
            {
                fault = fault.On(path);
            }

            if (request.Person is { } person)
            {
                var ids = platform.Apps.Select(app => app.Identifiers.Encode(person)).ToArray();
                fault = fault.When(call => Array.Exists(ids, id =>
                    call.Address.Query.Contains(id, StringComparison.Ordinal) || System.Text.Encoding.UTF8.GetString(call.Body.Span).Contains(id, StringComparison.Ordinal)));
            }

            fault = request.After is { } spared ? fault.After(spared) : fault;
            fault = request.Every is { } period ? fault.Every(period) : fault;
            fault = request.Probability is { } probability ? fault.WithProbability(probability) : fault;
            fault = request.Times is { } times ? fault.Times(times) : fault;
        }
        catch (ArgumentException refused)
        {
            throw new SimulatorException(400, refused.Message, refused);
        }

        return fault;
    }

    private SimulatedFault Kind(FaultRequest request) => request.Kind switch
    {
        "error" => SimulatedFault.Error(request.Code ?? throw new SimulatorException(400, "A fault of kind \"error\" needs a code, such as -1."), request.Text),
        "gateway" => SimulatedFault.Gateway((HttpStatusCode)(request.Status ?? 502)),
        "latency" => SimulatedFault.Latency(TimeSpan.FromMilliseconds(request.Milliseconds ?? 3_000)),
        "noAnswer" => SimulatedFault.NoAnswer(),
        "lostAnswer" => SimulatedFault.ConnectionReset().AfterProcessing(),
        "connectionReset" => SimulatedFault.ConnectionReset(),
        "connectionClosed" => SimulatedFault.ConnectionClosed(),
        "brokenBody" => SimulatedFault.ConnectionReset(inBody: true),
        "emptyBody" => SimulatedFault.EmptyBody(),
        "truncatedBody" => SimulatedFault.TruncatedBody(),
        "byteOrderMark" => SimulatedFault.ByteOrderMark(),
        "invalidUtf8" => SimulatedFault.InvalidUtf8(),
        "controlCharacters" => SimulatedFault.ControlCharacters(),
        "numbersAsText" => SimulatedFault.NumbersAsText(),
        "missingFields" => SimulatedFault.MissingFields(request.Fields ?? []),
        "tokensTaken" => SimulatedFault.TokensTaken(
            (request.App is { } appId ? platform.FindApp(appId) : platform.Apps.FirstOrDefault())?.AccessTokens
                ?? throw new SimulatorException(400, $"There is no app {request.App} whose tokens could be taken.")),
        _ => throw new SimulatorException(
            400, $"There is no fault of kind \"{request.Kind}\". The kinds are: {string.Join(", ", FaultRequest.Kinds)}."),
    };
}
