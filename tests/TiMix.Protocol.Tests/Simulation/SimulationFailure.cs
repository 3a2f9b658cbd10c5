namespace TiMix.Protocol.Tests.Simulation;

/// <summary>An invariant does not hold.</summary>
internal sealed class SimulationFailure(string what) : Exception(what);

/// <summary>The last lines of what happened, kept only while a failing seed is replayed.</summary>
internal sealed class SimulationTrace(VirtualTime time)
{
    private const int Kept = 400;
    private readonly Queue<string> _lines = new();

    /// <summary>Notes something.</summary>
    public void Add(string line)
    {
        _lines.Enqueue($"{time.Now - VirtualTime.Beginning,7} {line}");
        if (_lines.Count > Kept)
        {
            _lines.Dequeue();
        }
    }

    /// <summary>All lines kept.</summary>
    public override string ToString() => string.Join('\n', _lines);
}
