namespace TiMix.Node.Launching;

/// <summary>What a node of a launched cluster has to know beside its plan.</summary>
/// <param name="Port">Its own.</param>
/// <param name="Seeds">host:port of the nodes to join.</param>
/// <param name="Begin">The coordinator is to begin the run, or to go on with one of which nothing is alive; otherwise it takes up what is going on.</param>
/// <param name="Token">The cluster's secret.</param>
internal sealed record NodePlace(int Port, IReadOnlyList<string> Seeds, bool Begin, string Token);
