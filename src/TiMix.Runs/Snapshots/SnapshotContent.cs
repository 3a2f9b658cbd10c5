namespace TiMix.Runs.Snapshots;

/// <summary>Everything needed to go on, copied out of a trainer so that writing runs beside training.</summary>
/// <param name="Step">Steps applied.</param>
/// <param name="Student">Flat parameters.</param>
/// <param name="First">AdamW's first moments.</param>
/// <param name="Second">AdamW's second moments.</param>
/// <param name="Average">Exponential moving average of the parameters.</param>
/// <param name="Versions">Published versions of the teacher that are still needed.</param>
public sealed record SnapshotContent(long Step, float[] Student, float[] First, float[] Second, float[] Average, IReadOnlyDictionary<long, float[]> Versions);
