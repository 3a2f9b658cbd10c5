using TiMix.Protocol.Messages;
using TiMix.Protocol.Notices;
using TiMix.Protocol.Values;
using static TiMix.Protocol.Coordination.CoordinatorEffects;
using static TiMix.Protocol.Messages.CoordinatorEvents;

namespace TiMix.Protocol.Coordination;

/// <summary>How the run begins here, and what follows from each event that is in the journal.</summary>
public sealed partial class CoordinatorCore
{
    private Notice? _adopted;
    private bool _looked;
    private long? _goesOnAt;

    /// <summary>
    /// Begins the run, goes on with it, or takes up what is going on. A journal that knows of a beginning and of nothing else may
    /// have been cut off before it heard of the snapshots that are there: they are looked for first, before anything prunes them.
    /// </summary>
    private void Open()
    {
        if (!_looked && Run is { Status: RunStatus.Running or RunStatus.Stopped, Generation: 0, Snapshots.IsEmpty: true })
        {
            Look();
            return;
        }

        _open = true;
        if (_task is { GoOn: true, MayLive: true } && Run is { Status: RunStatus.Running, Trainers.IsEmpty: false })
        {
            _goesOnAt = _now + (2 * (long)_task.Membership.Lease.TotalMilliseconds);
        }
        else if (_task.GoOn || Run.Status == RunStatus.New)
        {
            GoOn();
        }
        else if (Run.Status is RunStatus.Stopped or RunStatus.Finished)
        {
            TellOver();
        }
        else if (Run.View is not null)
        {
            Publish(new MonitorMessages.ViewBegan(Run.Current!));
        }
    }

    private void GoOn()
    {
        var events = Run.Decide(_task.Begin, _now);
        if (events.Count == 0)
        {
            _effects.Add(new NoteBegun());
            TellOver();
        }

        Persist(events);
    }

    /// <summary>Whether it is not known yet if anything of the run lives; once it is, the run is gone on with, or what is going on is taken up.</summary>
    private bool LooksForLife()
    {
        if (_goesOnAt is not { } until)
        {
            return false;
        }

        var lives = _membership.Statuses.Any(
            status => Run.Trainers.ContainsKey(status.Trainer) && status.Applied >= 0 && status.StateGeneration >= Run.Lineage);
        if (!lives && _now < until)
        {
            return true;
        }

        _goesOnAt = null;
        if (lives)
        {
            _effects.Add(new NoteBegun());
            return false;
        }

        GoOn();
        return true;
    }

    private void Look()
    {
        _looked = true;
        _awaited = Awaited.Snapshots;
        _effects.Add(new FindSnapshots(Run.Recipe));
    }

    /// <summary>A journal that was lost is begun anew; what the run's directory still has of snapshots counts again.</summary>
    private void Adopt(IReadOnlyList<FoundSnapshot> found)
    {
        if (found.Count > 0)
        {
            _adopted = new Notice.SnapshotsAdopted(found.Count, found[^1].Step);
            Publish(_adopted);
        }

        Persist([.. found.Select(snapshot => new SnapshotCommitted(snapshot.Step, snapshot.Directory, snapshot.Fingerprint, _now))]);
    }

    /// <param name="happened">Is in the journal, and in <see cref="Run"/>.</param>
    /// <param name="before">The run without it.</param>
    private void Act(IEvent happened, RunState before)
    {
        switch (happened)
        {
            case RunStarted:
                _effects.Add(new NoteBegun());
                Look();
                break;
            case RunResumed resumed:
                _effects.Add(new NoteBegun());
                _effects.Add(new PruneSnapshots(Run.Snapshots.Values.Select(snapshot => snapshot.Directory).ToHashSet(StringComparer.Ordinal)));
                Publish(new Notice.Resumed(resumed.FromStep, Run.Steps));
                if (Run.Trained)
                {
                    Publish(new RunPhase.Evaluating());
                }

                break;
            case ViewProposed:
                TellRoster();
                break;
            case ViewInstalled:
                Publish(new MonitorMessages.ViewBegan(Run.Changes[^1]));
                break;
            case TrainerLost lost:
                PutOut(lost);
                _known.DropTrainer(lost.Trainer);
                Publish(new MonitorMessages.TrainerLost(lost.Node, lost.Reason));
                break;
            case ReplicaDiverged diverged:
                Publish(new Notice.WeightsDiffered(diverged.Node, diverged.Step));
                break;
            case TrainerCharged charged:
                Publish(new Notice.TrainerCharged(charged.Node, charged.Kind, charged.Step + 1, charged.AccusedBy));
                break;
            case NodesDisagreed disagreed:
                Publish(new Notice.NodesDisagree(disagreed.Node, disagreed.Other, disagreed.Kind));
                break;
            case ProgressRecorded progress when Run.Current is { } current && current.FirstStepAt == progress.At:
                Publish(new MonitorMessages.ViewBegan(current));
                break;
            case RunPaused:
                Publish(new RunPhase.Paused());
                break;
            case RunContinued:
                Publish(new RunPhase.Training());
                break;
            case SnapshotCommitted snapshot:
                Publish(new MonitorMessages.SnapshotCommitted(snapshot.Step, PathOf(snapshot.Directory)));
                if (Run.Trained)
                {
                    Publish(new RunPhase.Evaluating());
                }

                break;
            case SnapshotDiscarded { Reason: SnapshotDiscarded.Retention } discarded when before.Snapshots.TryGetValue(discarded.Step, out var snapshot):
                _effects.Add(new DeleteDiscarded([snapshot.Directory]));
                break;
            case RunStopped or RunFinished:
                TellOver();
                break;
        }
    }
}
