namespace TiMix.Protocol.Tests.Simulation;

/// <summary>
/// The only clock of a simulation, in milliseconds. What is planned for the same time happens in the order in which it was
/// planned, so that a seed always gives the same run.
/// </summary>
internal sealed class VirtualTime
{
    /// <summary>Not 0: the classes under test use 0 for "never".</summary>
    public const long Beginning = 1_000_000;

    private readonly PriorityQueue<Action, (long At, long Sequence)> _planned = new();
    private long _sequence;

    /// <summary>Milliseconds.</summary>
    public long Now { get; private set; } = Beginning;

    /// <summary>How much has happened.</summary>
    public int Events { get; private set; }

    /// <summary>Plans something.</summary>
    public void After(long milliseconds, Action action) => _planned.Enqueue(action, (Now + Math.Max(0, milliseconds), _sequence++));

    /// <summary>Lets the next thing happen; false: nothing is planned.</summary>
    public bool Advance()
    {
        if (!_planned.TryDequeue(out var action, out var when))
        {
            return false;
        }

        Now = when.At;
        Events++;
        action();
        return true;
    }
}

/// <summary>The only source of chance of a simulation (SplitMix64), so that its seed says everything.</summary>
internal sealed class Chance(ulong seed)
{
    private ulong _state = seed * 0x9E3779B97F4A7C15 + 0x632BE59BD9B4E019;

    /// <summary>64 random bits.</summary>
    public ulong Next()
    {
        _state += 0x9E3779B97F4A7C15;
        return UndisturbedRun.Mix(_state);
    }

    /// <summary>A whole number of [0, <paramref name="bound"/>).</summary>
    public int Below(int bound) => (int)(Next() % (ulong)bound);

    /// <summary>A whole number of [<paramref name="low"/>, <paramref name="high"/>].</summary>
    public int Between(int low, int high) => low + Below(high - low + 1);

    /// <summary>True with this probability.</summary>
    public bool Of(double probability) => (Next() >> 11) * (1.0 / (1UL << 53)) < probability;

    /// <summary>One of several.</summary>
    public T Pick<T>(IReadOnlyList<T> choices) => choices[Below(choices.Count)];
}
