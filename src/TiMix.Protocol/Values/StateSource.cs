namespace TiMix.Protocol.Values;

/// <summary>How a trainer of a new view comes by the state of the view's first step.</summary>
/// <param name="Trainer">Who.</param>
/// <param name="Way">How.</param>
/// <param name="From">The trainer to copy from, or the snapshot's directory; null: neither.</param>
/// <param name="Endpoint">Where to copy from: one that leaves gives its state to a view that it is not in. Null: not to be copied.</param>
public sealed record StateSource(string Trainer, StateWay Way, string? From, string? Endpoint = null);

/// <summary>Ways to come by a state.</summary>
public enum StateWay
{
    /// <summary>It has it.</summary>
    Keep,

    /// <summary>From another trainer, over a link.</summary>
    Copy,

    /// <summary>From a snapshot on disk.</summary>
    Restore,

    /// <summary>Drawn from the run's seed.</summary>
    Draw,
}
