using Akka.Actor;
using Akka.Persistence;
using TiMix.Actors.Messages;
using TiMix.Actors.Recipes;
using TiMix.Actors.Runs;
using TiMix.Actors.Snapshots;
using static TiMix.Actors.Coordination.CoordinatorCommands;
using static TiMix.Actors.Coordination.CoordinatorEvents;

namespace TiMix.Actors.Coordination;

/// <summary>
/// Remembers the run and hands out views. All decisions are <see cref="RunState"/>'s; this actor journals the events that follow
/// from a command and acts on them. Steps do not go through it.
/// </summary>
public sealed class CoordinatorActor : ReceivePersistentActor
{
    private readonly Recipe _recipe;
    private readonly SnapshotStore _snapshots;
    private readonly IActorRef _monitor;
    private readonly IActorRef _evaluator;
    private readonly Dictionary<string, IActorRef> _trainers = new(StringComparer.Ordinal);
    private RunState _state = RunState.Empty;
    private readonly HashSet<long> _evaluating = [];
    private bool _pausing;

    /// <param name="run">Name of the run; the persistence id.</param>
    /// <param name="recipe">What it does.</param>
    /// <param name="snapshots">Where snapshots are.</param>
    /// <param name="evaluator">Who evaluates them.</param>
    /// <param name="monitor">Who shows them.</param>
    public CoordinatorActor(string run, Recipe recipe, SnapshotStore snapshots, IActorRef evaluator, IActorRef monitor)
    {
        PersistenceId = run;
        (_recipe, _snapshots, _evaluator, _monitor) = (recipe, snapshots, evaluator, monitor);
        Recover<IEvent>(happened => _state = _state.Apply(happened));
        Command<RegisterTrainer>(register =>
        {
            _trainers[register.Trainer] = Sender;
            Context.Watch(Sender);
            Handle(register);
        });
        Command<PauseRun>(pause =>
        {
            _pausing = true;
            Handle(pause);
            foreach (var trainer in _trainers.Values)
            {
                trainer.Tell(new TrainerMessages.Drain());
            }
        });
        Command<EvaluatorMessages.Evaluated>(evaluated =>
        {
            _evaluating.Remove(evaluated.Report.Step);
            _monitor.Tell(new MonitorMessages.Evaluated(evaluated.Report));
            Handle(new ReportEvaluation(evaluated.Report));
        });
        Command<EvaluatorMessages.EvaluationFailed>(failed =>
        {
            _evaluating.Remove(failed.Step);
            if (failed.Step == _state.Steps)
            {
                Handle(new FailRun($"the evaluation of step {failed.Step} failed: {failed.Reason}"));
            }
            else
            {
                Note(NoticeLevel.Warning, $"The evaluation of step {failed.Step} failed: {failed.Reason}");
            }
        });
        Command<Terminated>(terminated =>
        {
            var path = terminated.ActorRef.Path.ToString();
            if (_trainers.Remove(path))
            {
                Note(NoticeLevel.Warning, "The trainer failed; it is started again from the last snapshot.");
                Handle(new ReportTrainerLost(path));
            }
        });
        Command<ICommand>(Handle);
    }

    /// <inheritdoc/>
    public override string PersistenceId { get; }

    /// <summary>How to make one.</summary>
    public static Props Props(string run, Recipe recipe, SnapshotStore snapshots, IActorRef evaluator, IActorRef monitor) =>
        Akka.Actor.Props.Create(() => new CoordinatorActor(run, recipe, snapshots, evaluator, monitor));

    /// <inheritdoc/>
    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr)
    {
        _monitor.Tell(new MonitorMessages.Over(RunOutcome.Failed, null, $"the journal cannot be written: {cause.Message}", _state.Resumes));
        base.OnPersistFailure(cause, @event, sequenceNr);
    }

    /// <inheritdoc/>
    protected override void OnRecoveryFailure(Exception reason, object? message = null)
    {
        _monitor.Tell(new MonitorMessages.Over(RunOutcome.Failed, null, $"the journal cannot be read: {reason.Message}", _state.Resumes));
        base.OnRecoveryFailure(reason, message);
    }

    private void Handle(ICommand command)
    {
        if (command is ReportSnapshotFailed failed)
        {
            Note(NoticeLevel.Warning, $"The snapshot of step {failed.Step} could not be written ({failed.Reason}); the ones before stay.");
        }

        if (command is ReportSnapshotDamaged damaged)
        {
            Note(NoticeLevel.Warning, $"{damaged.Reason} The snapshot before it is used.");
        }

        if (command is BeginRun && _state.Status == RunStatus.Finished)
        {
            _monitor.Tell(new MonitorMessages.ViewBegan(_state.Generation, _state.Steps));
            End(RunOutcome.Finished, null);
            return;
        }

        var events = _state.Decide(command);
        if (events.Count > 0)
        {
            PersistAll(events, happened =>
            {
                _state = _state.Apply(happened);
                Act(happened);
            });
        }
    }

    private void Act(IEvent happened)
    {
        switch (happened)
        {
            case RunContinued continued:
                _snapshots.Prune(_state.Snapshots.Values.Select(snapshot => snapshot.Directory).ToHashSet());
                Note(NoticeLevel.Information, $"Goes on after step {continued.FromStep} of {_state.Steps}.");
                if (_state.Newest is { } newest && newest.Step == _state.Steps)
                {
                    _monitor.Tell(new MonitorMessages.ViewBegan(_state.Generation, newest.Step));
                    EvaluateFinally(newest);
                }

                break;
            case ViewInstalled installed:
                _monitor.Tell(new MonitorMessages.ViewBegan(installed.View.Generation, installed.View.FromStep));
                _monitor.Tell(new MonitorMessages.Phase("training"));
                foreach (var share in installed.View.Shares)
                {
                    _trainers[share.Trainer].Tell(new TrainerMessages.InstallView(installed.View, installed.Snapshot));
                    if (_pausing)
                    {
                        _trainers[share.Trainer].Tell(new TrainerMessages.Drain());
                    }
                }

                break;
            case SnapshotCommitted snapshot:
                Committed(_state.Snapshots[snapshot.Step]);
                break;
            case RunPaused paused:
                Paused(paused);
                break;
            case RunFinished:
                End(RunOutcome.Finished, null);
                break;
        }
    }

    private void Committed(CommittedSnapshot snapshot)
    {
        _monitor.Tell(new MonitorMessages.SnapshotCommitted(snapshot.Step, _snapshots.PathOf(snapshot.Directory)));
        var keep = _state.SnapshotsToKeep(_recipe.Run.KeepSnapshots);
        CommittedSnapshot[] old = [.. _state.Snapshots.Values.Where(kept => !keep.Contains(kept.Step) && !_evaluating.Contains(kept.Step))];
        if (old.Length > 0)
        {
            PersistAll(old.Select(gone => new SnapshotDiscarded(gone.Step, "retention")), happened => _state = _state.Apply(happened));
            DeferAsync(old, gone => _snapshots.Delete(gone.Select(snapshot => snapshot.Directory)));
        }

        if (snapshot.Step == _state.Steps)
        {
            if (_pausing)
            {
                Handle(new PauseRun());
            }
            else
            {
                EvaluateFinally(snapshot);
            }
        }
        else if (SnapshotPlan.IsEvaluationDue(_recipe, snapshot.Step))
        {
            _evaluating.Add(snapshot.Step);
            _evaluator.Tell(new EvaluatorMessages.Evaluate(snapshot.Step, _snapshots.PathOf(snapshot.Directory), [Splits.Validation]));
        }
    }

    private void EvaluateFinally(CommittedSnapshot snapshot)
    {
        _monitor.Tell(new MonitorMessages.Phase("evaluating"));
        _evaluator.Tell(new EvaluatorMessages.Evaluate(snapshot.Step, _snapshots.PathOf(snapshot.Directory), Splits.All(_recipe)));
    }

    private void Paused(RunPaused paused)
    {
        var stopped = paused.Reason == RunState.StoppedOnRequest;
        End(stopped ? RunOutcome.Stopped : RunOutcome.Failed, stopped ? null : paused.Reason);
    }

    private void End(RunOutcome outcome, string? error) => _monitor.Tell(new MonitorMessages.Over(outcome, _state.Fingerprint, error, _state.Resumes));

    private void Note(NoticeLevel level, string text) => _monitor.Tell(new MonitorMessages.Note(level, text));
}
