using System.Collections.Concurrent;

namespace WeChat.UnionPush.Testing;

/// <summary>The calls that the simulated platform received. Every call is counted when it arrives, and the last ones of each API are kept completely.</summary>
public sealed class SimulatedCallLog
{
    private readonly ConcurrentDictionary<string, PathLog> _paths = new(StringComparer.Ordinal);
    private int _capacity = 100;

    internal SimulatedCallLog()
    {
    }

    /// <summary>How many calls of each API are kept completely. 100 by default; zero keeps none.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Negative.</exception>
    public int Capacity
    {
        get => _capacity;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _capacity = value;
        }
    }

    /// <summary>All calls.</summary>
    public long Total => _paths.Values.Sum(path => path.Count);

    /// <summary>The APIs that were called, with the number of calls.</summary>
    public IReadOnlyDictionary<string, long> ByPath => _paths.ToDictionary(pair => pair.Key, pair => pair.Value.Count, StringComparer.Ordinal);

    /// <summary>How many times an API was called.</summary>
    /// <param name="path">The API, such as <c>/cgi-bin/user/get</c>.</param>
    public long Count(string path) => _paths.TryGetValue(path, out var log) ? log.Count : 0;

    /// <summary>
    /// How many times an API answered with an error code (0 counts the successes). Calls that were not answered with HTTP 200 and a whole body are not counted.
    /// </summary>
    /// <param name="path">The API.</param>
    /// <param name="errorCode">The <c>errcode</c>.</param>
    public long Count(string path, int errorCode) => _paths.TryGetValue(path, out var log) ? log.CountOf(errorCode) : 0;

    /// <summary>The last calls of an API, oldest first, at most <see cref="Capacity"/>.</summary>
    /// <param name="path">The API.</param>
    public IReadOnlyList<SimulatedCall> Recent(string path) => _paths.TryGetValue(path, out var log) ? log.Recent() : [];

    /// <summary>Forgets everything and counts from zero. Calls under way may be counted before or after.</summary>
    public void Clear() => _paths.Clear();

    internal void Arrived(WireRequest request, DateTimeOffset now)
    {
        var call = _capacity == 0 ? null : request.ToCall(now);
        _paths.GetOrAdd(request.Address.AbsolutePath, static _ => new PathLog()).Arrived(call, _capacity);
    }

    internal void Answered(string path, int errorCode) => _paths.GetOrAdd(path, static _ => new PathLog()).Answered(errorCode);

    private sealed class PathLog
    {
        private readonly Queue<SimulatedCall> _recent = new();
        private readonly Dictionary<int, long> _byErrorCode = [];
        private long _count;

        public long Count
        {
            get
            {
                lock (_recent)
                {
                    return _count;
                }
            }
        }

        public long CountOf(int errorCode)
        {
            lock (_recent)
            {
                return _byErrorCode.GetValueOrDefault(errorCode);
            }
        }

        public IReadOnlyList<SimulatedCall> Recent()
        {
            lock (_recent)
            {
                return [.. _recent];
            }
        }

        public void Arrived(SimulatedCall? call, int capacity)
        {
            lock (_recent)
            {
                _count++;
                if (call is not null)
                {
                    _recent.Enqueue(call);
                }

                while (_recent.Count > capacity)
                {
                    _recent.Dequeue();
                }
            }
        }

        public void Answered(int errorCode)
        {
            lock (_recent)
            {
                _byErrorCode[errorCode] = _byErrorCode.GetValueOrDefault(errorCode) + 1;
            }
        }
    }
}
