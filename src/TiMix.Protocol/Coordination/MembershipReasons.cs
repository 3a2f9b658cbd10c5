using TiMix.Protocol.Messages;
using TiMix.Protocol.Values;

namespace TiMix.Protocol.Coordination;

/// <summary>Why a view that trains is to end, and why it gets nowhere.</summary>
public sealed partial record Membership
{
    private const long RebalanceAfter = 100;
    private const double RebalanceGain = 0.75;

    /// <summary>Why no step ends; null: steps end, or there is none left.</summary>
    private WaitReason? Starving(RunState run, IReadOnlyList<TrainerStatus> members) =>
        Lack is { } lack && !members.All(member => member.Applied == run.Steps) ? new WaitReason(lack.Kind) : null;

    /// <summary>
    /// Whoever wants the run, or a trainer, to stop is not kept waiting for a step that nobody serves: it is broken off, and done again some time.
    /// </summary>
    private bool CanEnd(ViewCause reason, long now) =>
        reason.Kind is not (ViewCauseKind.RunStopped or ViewCauseKind.Leaves or ViewCauseKind.Paused)
        || Lack is not { } lack || now - lack.Since <= _options.Lease.TotalMilliseconds;

    /// <summary>A zombie of an older view is told to hold still; one that wants to leave may go.</summary>
    private static Addressed? ForOutsider(RunState run, TrainerStatus status) =>
        !status.Quiet ? new Addressed(status.Trainer, new TrainerOrders.Halt(run.Generation))
        : status.Leaving ? new Addressed(status.Trainer, new TrainerOrders.Release())
        : null;

    private ViewCause? ReasonToStop(RunState run, View view, IReadOnlyList<TrainerStatus> members, long now)
    {
        if (Stopping)
        {
            return new ViewCause(ViewCauseKind.RunStopped);
        }

        if (members.FirstOrDefault(member => member.Phase == TrainerPhase.Stopped) is { } stopped)
        {
            return new ViewCause(ViewCauseKind.Stopped, stopped.Node);
        }

        if (members.FirstOrDefault(member => member.Leaving) is { } leaver)
        {
            return new ViewCause(ViewCauseKind.Leaves, leaver.Node);
        }

        if (members.All(member => member.Applied == run.Steps))
        {
            return null;
        }

        if (run.Paused)
        {
            return new ViewCause(ViewCauseKind.Paused);
        }

        if (IsUnbalanced(run, view, members))
        {
            return new ViewCause(ViewCauseKind.SpeedsChanged);
        }

        return Newcomers(run, view, members, now).FirstOrDefault() is { } newcomer ? new ViewCause(ViewCauseKind.Joins, newcomer.Node) : null;
    }

    /// <summary>Whether other shares would save a good part of every step's time; not asked before the times have settled.</summary>
    private static bool IsUnbalanced(RunState run, View view, IReadOnlyList<TrainerStatus> members)
    {
        List<Share> shares = [.. view.Shares.Where(share => share.Count > 0)];
        double[] seconds = [.. shares.Select(share => members.Single(member => member.Trainer == share.Trainer).SecondsPerMicroBatch)];
        if (seconds.Any(time => time <= 0) || members.Any(member => member.Applied < view.FromStep + RebalanceAfter))
        {
            return false;
        }

        int[] counts = [.. shares.Select(share => share.Count)];
        return ViewPlanner.SlowestSeconds(ViewPlanner.Counts(seconds, run.MicroBatches), seconds) < RebalanceGain * ViewPlanner.SlowestSeconds(counts, seconds);
    }
}
