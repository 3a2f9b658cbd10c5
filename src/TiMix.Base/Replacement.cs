namespace TiMix.Base;

/// <summary>A sample that could not be used.</summary>
/// <param name="SampleIndex">The one that could not be used.</param>
/// <param name="ReplacedBy">The one that stands in its place.</param>
/// <param name="Key">Shard and key of the one that could not be used.</param>
/// <param name="Reason">Why.</param>
public sealed record Replacement(int SampleIndex, int ReplacedBy, string Key, string Reason);
