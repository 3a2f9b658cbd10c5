using TiMix.Runs.Journals;
using TiMix.Runs.Recipes;

namespace TiMix.Runs.Observing;

/// <summary>What a caller says to start or resume a run.</summary>
public sealed record RunOptions
{
    /// <summary>The run's name: one path segment below <see cref="RunsDirectory"/>.</summary>
    public required string Name { get; init; }

    /// <summary>Where runs are kept.</summary>
    public required string RunsDirectory { get; init; }

    /// <summary>Where the composed sample corpus is kept.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>All settings of the run.</summary>
    public required Recipe Recipe { get; init; }

    /// <summary>Compute threads of the trainer; each computes whole micro-batches, so the number never reaches the result.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Go on from the last committed snapshot instead of starting anew.</summary>
    public bool Resume { get; init; }

    /// <summary>The database of the run's journal; null: a file in the run's directory.</summary>
    public JournalAddress? Journal { get; init; }

    /// <summary>Other coordinators may stand by for the same run: the database, not a lock on the directory, says which of them works.</summary>
    public bool SharesDirectory { get; init; }
}
