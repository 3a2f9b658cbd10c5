using TiMix.Protocol.Values;

namespace TiMix.Runs.Observing;

/// <summary>The end of a run.</summary>
public sealed record RunResult(RunOutcome Outcome, string Directory, string? Fingerprint, string? Error)
{
    /// <summary>Whether the run's coordinator was in this process when it ended.</summary>
    public bool Led { get; init; }

    /// <summary>Whether it failed by a mistake of the user's.</summary>
    public bool Mistaken { get; init; }
}
