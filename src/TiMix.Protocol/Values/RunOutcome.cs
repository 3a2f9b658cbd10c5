namespace TiMix.Protocol.Values;

/// <summary>How a run ended.</summary>
public enum RunOutcome
{
    /// <summary>All steps are done.</summary>
    Finished,

    /// <summary>Stopped on request, with a snapshot: can be resumed.</summary>
    Stopped,

    /// <summary>Failed; <c>RunResult.Error</c> says why.</summary>
    Failed,
}
