using TiMix.Protocol.Messages;
using TiMix.Protocol.Values;

namespace TiMix.Protocol.Coordination;

/// <summary>
/// Whether what a trainer says of itself can be, by what the journal has: a state comes about in a view that was proposed with that trainer, and no view
/// goes beyond the run's last step. A trainer that was never in a view has nothing to say but that it is there.
/// </summary>
internal static class StatusCheck
{
    /// <param name="status">What it says.</param>
    /// <param name="run">What is known.</param>
    public static bool CanBe(TrainerStatus status, RunState run)
    {
        if (status.Generation < 0 || status.Generation > run.Generation || status.StateGeneration < 0 || status.StateGeneration > status.Generation
            || status.Applied < -1 || status.Applied > run.Steps)
        {
            return false;
        }

        // Its state is gone, and with it what it is of.
        if (status.Applied < 0 || status.StateGeneration == 0)
        {
            return status.Applied < 0;
        }

        return ViewOf(status.StateGeneration, run) is { } change && change.View.Has(status.Trainer)
            && status.Applied >= change.View.FromStep && (change.InstalledAt > 0 || change.Ahead || status.Applied == change.View.FromStep);
    }

    /// <summary>Generations rise with every view.</summary>
    private static ViewChange? ViewOf(long generation, RunState run)
    {
        var (low, high) = (0, run.Changes.Count - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            (low, high) = run.Changes[middle].View.Generation <= generation ? (middle, high) : (low, middle - 1);
        }

        return high >= 0 && run.Changes[low] is var found && found.View.Generation == generation ? found : null;
    }
}
