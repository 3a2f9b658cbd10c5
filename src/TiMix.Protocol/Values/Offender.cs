namespace TiMix.Protocol.Values;

/// <summary>A node that has harmed the run.</summary>
/// <param name="Node">Its name.</param>
/// <param name="Kinds">What it did; empty: others and it say different things.</param>
/// <param name="Offences">How often.</param>
/// <param name="IsPutOut">Whether no trainer of it is taken in any more.</param>
public sealed record Offender(string Node, IReadOnlyList<OffenceKind> Kinds, int Offences, bool IsPutOut);
