namespace TiMix.Protocol.Values;

/// <summary>Where a run stands.</summary>
public enum RunStatus
{
    /// <summary>The journal is empty.</summary>
    New,

    /// <summary>Training, or waiting for a trainer.</summary>
    Running,

    /// <summary>Stopped with a reason; "timix resume" goes on with it.</summary>
    Stopped,

    /// <summary>All steps done and evaluated.</summary>
    Finished,
}
