using TiMix.Base;
using TiMix.Data;
using TiMix.Protocol.Values;

namespace TiMix.Actors.Nodes;

/// <summary>How a node came to its end.</summary>
/// <param name="Outcome">Of the run; null: the node has left it.</param>
/// <param name="Error">Why it failed.</param>
public sealed record NodeEnd(RunOutcome? Outcome, string? Error)
{
    /// <summary>It failed by a mistake of its user: to start it again as it is does not help.</summary>
    public bool Mistaken { get; init; }

    /// <summary>The coordinator does not take it.</summary>
    public static NodeEnd Refused(JoinRefusal why) => new(RunOutcome.Failed, $"the coordinator has refused this node: {why}") { Mistaken = true };

    /// <summary>It cannot serve.</summary>
    public static NodeEnd Of(Exception error)
    {
        var isMistake = error is RunError or DataException;
        return new NodeEnd(RunOutcome.Failed, isMistake ? error.Message : error.ToString()) { Mistaken = isMistake };
    }

    /// <summary>It is of no use without one of its actors.</summary>
    public static NodeEnd Without(string actor) =>
        new(RunOutcome.Failed, $"the {actor} is gone, or failed too often; log.txt in the run's directory says why");
}
