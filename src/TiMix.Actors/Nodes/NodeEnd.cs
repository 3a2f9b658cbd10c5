using TiMix.Protocol.Values;

namespace TiMix.Actors.Nodes;

/// <summary>How a node came to its end.</summary>
/// <param name="Outcome">Of the run; null: the node has left it.</param>
/// <param name="Error">Why it failed.</param>
public sealed record NodeEnd(RunOutcome? Outcome, string? Error);
