namespace TiMix.Protocol.Tests.Simulation;

/// <summary>The run's growing files, as lines by step: metrics and evaluations. They outlive every process.</summary>
internal sealed class SimulatedRecords
{
    /// <summary>Steps that stand in the metrics, in order.</summary>
    public List<(long Step, double Loss)> Metrics { get; } = [];

    /// <summary>Steps of the evaluations.</summary>
    public List<long> Evaluations { get; } = [];

    /// <summary>Forgets whatever was written for steps past <paramref name="step"/>.</summary>
    public void CutBack(long step)
    {
        Metrics.RemoveAll(line => line.Step > step);
        Evaluations.RemoveAll(evaluated => evaluated > step);
    }
}
