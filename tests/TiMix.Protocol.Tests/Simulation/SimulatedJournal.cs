using TiMix.Protocol.Coordination;
using TiMix.Protocol.Messages;

namespace TiMix.Protocol.Tests.Simulation;

/// <summary>
/// The run's journal as a database keeps it: it takes events from the writer of the newest term alone, all of a batch or none, and
/// outlives every process. It may be out of reach.
/// </summary>
internal sealed class SimulatedJournal(Cluster cluster)
{
    private readonly List<CoordinatorEvents.IEvent> _events = [];
    private string? _writer;

    /// <summary>All events that are safe.</summary>
    public IReadOnlyList<CoordinatorEvents.IEvent> Events => _events;

    /// <summary>The state that they give.</summary>
    public RunState Run { get; private set; } = RunState.Empty;

    /// <summary>Until when nobody can write or ask.</summary>
    public long AwayUntil { get; set; }

    /// <summary>Whether nobody reaches it now.</summary>
    public bool IsAway => cluster.Time.Now < AwayUntil;

    /// <summary>Who may write; null: nobody has been here yet.</summary>
    public string? Writer => _writer;

    /// <summary>A writer makes itself the only one.</summary>
    public void Take(string writer)
    {
        cluster.Log?.Add($"journal: {writer} takes the term");
        _writer = writer;
    }

    /// <summary>Takes events in; false: this writer has been replaced, or the journal is away.</summary>
    public bool Append(string writer, IReadOnlyList<CoordinatorEvents.IEvent> events)
    {
        if (writer != _writer || IsAway)
        {
            cluster.Log?.Add($"journal refuses {writer}: {string.Join("; ", events)}");
            cluster.Statistics.Refused++;
            return false;
        }

        foreach (var happened in events)
        {
            cluster.Log?.Add($"journal: {happened}");
            cluster.Invariants.Journaled(happened);
            _events.Add(happened);
            Run = Run.Apply(happened);
        }

        return true;
    }
}
