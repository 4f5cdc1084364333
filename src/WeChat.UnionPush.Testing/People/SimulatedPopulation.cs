using System.Collections;

namespace WeChat.UnionPush.Testing;

/// <summary>Any number of people in a row. They are computed on demand: ten million of them take no memory until one changes.</summary>
public sealed class SimulatedPopulation : IEnumerable<SimulatedPerson>
{
    private readonly SimulatedPlatform _platform;

    internal SimulatedPopulation(SimulatedPlatform platform, long first, long count)
    {
        _platform = platform;
        First = first;
        Count = count;
    }

    /// <summary>How many people.</summary>
    public long Count { get; }

    internal long First { get; }

    /// <summary>One of them.</summary>
    /// <param name="index">From 0 to <see cref="Count"/> - 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such person.</exception>
    public SimulatedPerson this[long index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
            return new SimulatedPerson(_platform, First + index);
        }
    }

    /// <summary>A part of them: the same people, not copies.</summary>
    /// <param name="start">Index of the first one.</param>
    /// <param name="count">How many.</param>
    /// <exception cref="ArgumentOutOfRangeException">The part is outside the population.</exception>
    public SimulatedPopulation Slice(long start, long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Count - start);
        return new SimulatedPopulation(_platform, First + start, count);
    }

    /// <inheritdoc/>
    public IEnumerator<SimulatedPerson> GetEnumerator()
    {
        for (long i = 0; i < Count; i++)
        {
            yield return this[i];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
