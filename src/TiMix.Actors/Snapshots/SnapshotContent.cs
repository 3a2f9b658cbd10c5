using TiMix.Actors.Training;

namespace TiMix.Actors.Snapshots;

/// <summary>Everything needed to go on, copied out of a trainer so that writing runs beside training.</summary>
/// <param name="Step">Steps applied.</param>
/// <param name="Student">Flat parameters.</param>
/// <param name="First">AdamW's first moments.</param>
/// <param name="Second">AdamW's second moments.</param>
/// <param name="Average">Exponential moving average of the parameters.</param>
/// <param name="Versions">Published versions of the teacher that are still needed.</param>
public sealed record SnapshotContent(long Step, float[] Student, float[] First, float[] Second, float[] Average, IReadOnlyDictionary<long, float[]> Versions)
{
    /// <summary>A copy of the state as it is now.</summary>
    public static SnapshotContent Of(TrainingState state) => new(
        state.Step,
        state.Student.ToArray(),
        state.Optimizer.First.ToArray(),
        state.Optimizer.Second.ToArray(),
        state.Average.ToArray(),
        new SortedDictionary<long, float[]>(state.Versions.ToDictionary(pair => pair.Key, pair => pair.Value)));

    /// <summary>Puts it back.</summary>
    public void RestoreTo(TrainingState state) => state.Restore(Step, Student, First, Second, Average, Versions);
}
