namespace TiMix.Protocol.Tests.Simulation;

/// <summary>
/// The only clock of a simulation, in milliseconds. What is planned for the same time happens in the order in which it was
/// planned, so that a seed always gives the same run.
/// </summary>
internal sealed class VirtualTime
{
    /// <summary>Not 0: the classes under test use 0 for "never".</summary>
    public const long Beginning = 1_000_000;

    private const int SequenceBits = 24;

    // Time and sequence in one number: comparing pairs took a tenth of a simulation.
    private readonly PriorityQueue<(SimulatedProcess? Process, Action Action), ulong> _planned = new();
    private ulong _sequence;

    /// <summary>Milliseconds.</summary>
    public long Now { get; private set; } = Beginning;

    /// <summary>How much has happened.</summary>
    public int Events { get; private set; }

    /// <summary>Plans something.</summary>
    public void After(long milliseconds, Action action) => After(milliseconds, null, action);

    /// <summary>Plans something that a process does: a dead one does nothing, and one that stands still does it when it goes on.</summary>
    public void After(long milliseconds, SimulatedProcess? process, Action action) =>
        _planned.Enqueue((process, action), ((ulong)(Now + Math.Max(0, milliseconds)) << SequenceBits) | _sequence++);

    /// <summary>Lets the next thing happen; false: nothing is planned.</summary>
    public bool Advance()
    {
        if (!_planned.TryDequeue(out var next, out var when))
        {
            return false;
        }

        Now = (long)(when >> SequenceBits);
        Events++;
        if (next.Process is { } process)
        {
            process.Run(next.Action);
        }
        else
        {
            next.Action();
        }

        return true;
    }
}
