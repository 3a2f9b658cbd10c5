namespace TiMix.Protocol.Values;

/// <summary>What a run is known by, as far as somebody who wants to serve it may be wrong about it.</summary>
/// <param name="Run">Its name.</param>
/// <param name="Version">Of the program.</param>
/// <param name="Place">Path of the run's directory, as its own machine sees it.</param>
/// <param name="RunId">What was drawn when that directory was made; null: it has none.</param>
/// <param name="RecipeHash">Of the recipe; null: not known here.</param>
public sealed record RunIdentity(string Run, string Version, string Place, string? RunId = null, string? RecipeHash = null);

/// <summary>What a node says of itself when it asks what the run is: by it the coordinator knows whether the node can take part.</summary>
/// <param name="Wants">The run that it means.</param>
/// <param name="Roles">What it wants to do.</param>
/// <param name="Address">host:port where the cluster reaches it; of two processes never the same at once.</param>
/// <param name="UpSeconds">Since its process began.</param>
public sealed record JoinClaim(RunIdentity Wants, IReadOnlyList<string> Roles, string Address, double UpSeconds);
