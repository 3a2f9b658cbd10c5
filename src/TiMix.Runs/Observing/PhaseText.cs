using TiMix.Protocol.Values;

namespace TiMix.Runs.Observing;

/// <summary>What a run is at, in words.</summary>
public static class PhaseText
{
    /// <summary>A word or a few.</summary>
    public static string Of(RunPhase phase) => phase switch
    {
        RunPhase.Starting => "starting",
        RunPhase.Preparing => "preparing",
        RunPhase.ComposingSample => "composing the sample corpus",
        RunPhase.ComposingTasks => "composing the sample corpus's tasks",
        RunPhase.StartingNodes starting => $"starting {starting.Nodes} nodes",
        RunPhase.Training => "training",
        RunPhase.Paused => "paused",
        RunPhase.Evaluating => "evaluating",
        RunPhase.Stopping => "stopping after this step",
        _ => throw new ArgumentOutOfRangeException(nameof(phase)),
    };
}
