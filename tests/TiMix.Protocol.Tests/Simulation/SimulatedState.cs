using System.Globalization;

namespace TiMix.Protocol.Tests.Simulation;

/// <summary>
/// Stands for all that a trainer changes: weights, and the versions of the teacher that are still needed. Version v is the average
/// as of step v·K, so it follows from the weights of that step.
/// </summary>
/// <param name="Step">Steps applied.</param>
/// <param name="Weights">Stands for parameters and moments.</param>
/// <param name="Version">The newest version of the teacher.</param>
/// <param name="Teacher">What it says.</param>
/// <param name="OlderTeacher">What the version before it says.</param>
internal readonly record struct SimulatedState(long Step, ulong Weights, long Version, ulong Teacher, ulong OlderTeacher)
{
    /// <summary>The state drawn from the run's seed.</summary>
    public static SimulatedState Drawn { get; } = new(0, 0x7469_4D69_7800_0001, 0, TeacherOf(0x7469_4D69_7800_0001), 0);

    /// <summary>The hash in messages.</summary>
    public string Hash =>
        Text(UndisturbedRun.Mix(Weights ^ UndisturbedRun.Mix((ulong)Version ^ UndisturbedRun.Mix(Teacher ^ UndisturbedRun.Mix(OlderTeacher)))));

    /// <summary>Of the weights alone, as snapshots are known by.</summary>
    public string Fingerprint => Text(Weights);

    /// <summary>A version of the teacher; null: it is not kept any more, or is not there yet.</summary>
    public ulong? TeacherAt(long version) => version == Version ? Teacher : version == Version - 1 ? OlderTeacher : null;

    /// <summary>The state after a step: as weights do, it follows from the one before and from a sum over all micro-batches.</summary>
    public SimulatedState Apply(ulong sum, int refreshEvery)
    {
        var weights = UndisturbedRun.Mix((Weights * 3) ^ sum);
        return (Step + 1) % refreshEvery == 0
            ? new SimulatedState(Step + 1, weights, (Step + 1) / refreshEvery, TeacherOf(weights), Teacher)
            : this with { Step = Step + 1, Weights = weights };
    }

    private static string Text(ulong hash) => hash.ToString("x16", CultureInfo.InvariantCulture);

    private static ulong TeacherOf(ulong weights) => UndisturbedRun.Mix(weights ^ 0x7EAC_4E12);
}
