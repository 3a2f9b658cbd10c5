namespace TiMix.Protocol.Values;

/// <summary>How far in a step a trainer is.</summary>
public enum StepStage
{
    /// <summary>In none.</summary>
    None,

    /// <summary>Waits for its micro-batches, or for the disk.</summary>
    Data,

    /// <summary>Computes features.</summary>
    Forward,

    /// <summary>Waits for the features of the others.</summary>
    Gather,

    /// <summary>Computes gradients.</summary>
    Backward,

    /// <summary>Sums them with the others, and waits for them.</summary>
    Reduce,

    /// <summary>Changes its state.</summary>
    Update,
}
