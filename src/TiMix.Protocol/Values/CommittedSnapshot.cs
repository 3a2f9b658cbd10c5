namespace TiMix.Protocol.Values;

/// <summary>A snapshot that counts.</summary>
/// <param name="Step">Steps applied.</param>
/// <param name="Directory">Name below the run's snapshots.</param>
/// <param name="Fingerprint">Of the parameters.</param>
/// <param name="MeanRecall">On the first split it was evaluated on, in percent, or what else the run's task is measured by; null: not evaluated.</param>
public sealed record CommittedSnapshot(long Step, string Directory, string Fingerprint, double? MeanRecall);
