using System.Collections.Concurrent;
using TiMix.Protocol.Values;

namespace TiMix.Protocol.Tests.Simulation;

/// <summary>
/// What training is in a simulation: a micro-batch adds to the sum of its step what follows from the weights, from its samples, and
/// from the version of the teacher that serves the step. One that is missing, doubled, computed from other weights or mixed by
/// another version changes every later state.
/// </summary>
internal sealed class UndisturbedRun
{
    /// <summary>What a micro-batch is mixed by when the teacher is not asked.</summary>
    public const ulong NoTeacher = 0;

    private const int LongestRun = 128;
    private static readonly ConcurrentDictionary<(int, int, TeacherNeed), UndisturbedRun> Known = new();
    private readonly SimulatedState[] _states = new SimulatedState[LongestRun + 1];

    private UndisturbedRun(int microBatches, int refreshEvery, TeacherNeed need)
    {
        _states[0] = SimulatedState.Drawn;
        for (var step = 0; step < LongestRun; step++)
        {
            var teacher = need.At(step) ? _states[step].TeacherAt(VersionAt(step, refreshEvery))!.Value : NoTeacher;
            ulong sum = 0;
            for (var m = 0; m < microBatches; m++)
            {
                sum += Contribution(_states[step].Weights, Mixed(Samples(step, m), teacher));
            }

            _states[step + 1] = _states[step].Apply(sum, refreshEvery);
        }
    }

    /// <summary>The run with so many micro-batches a step, and a teacher refreshed every so many steps.</summary>
    public static UndisturbedRun Of(int microBatches, int refreshEvery, TeacherNeed need) =>
        Known.GetOrAdd((microBatches, refreshEvery, need), key => new UndisturbedRun(key.Item1, key.Item2, key.Item3));

    /// <summary>The version of the teacher that serves a step.</summary>
    public static long VersionAt(long step, int refreshEvery) => Math.Max(0, (step / refreshEvery) - 1);

    /// <summary>The only right state after so many steps.</summary>
    public ref readonly SimulatedState StateAt(long step) => ref _states[step];

    /// <summary>What a loader makes of a micro-batch.</summary>
    public static ulong Samples(long step, int microBatch) => Mix(((ulong)step << 8) | (uint)microBatch);

    /// <summary>What a mixer makes of it.</summary>
    public static ulong Mixed(ulong samples, ulong teacher) => Mix(samples ^ Mix(teacher));

    /// <summary>What a micro-batch adds to the sum of a step.</summary>
    public static ulong Contribution(ulong weights, ulong mixed) => Mix(weights ^ mixed);

    /// <summary>A bijection that scatters bits.</summary>
    public static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
