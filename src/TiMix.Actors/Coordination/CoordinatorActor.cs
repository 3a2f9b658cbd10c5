using Akka.Actor;
using Akka.Persistence;
using Akka.Serialization;
using TiMix.Actors.Messages;
using TiMix.Actors.Monitoring;
using TiMix.Base;
using TiMix.Protocol.Coordination;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Values;
using TiMix.Runs.Recipes;
using TiMix.Runs.Snapshots;
using static TiMix.Protocol.Messages.CoordinatorCommands;
using static TiMix.Protocol.Messages.CoordinatorEvents;

namespace TiMix.Actors.Coordination;

/// <summary>
/// Remembers the run and hands out views. All decisions are <see cref="RunState"/>'s and <see cref="Membership"/>'s; this actor
/// journals the events that follow and then acts on them. Steps do not go through it. It is a singleton of the cluster: one that
/// cannot write its journal has been replaced, and stops.
/// </summary>
public sealed class CoordinatorActor : ReceivePersistentActor, IWithTimers
{
    /// <summary>What a coordinator needs to know.</summary>
    /// <param name="Run">Name of the run.</param>
    /// <param name="Journal">The persistence id.</param>
    /// <param name="Recipe">What it does.</param>
    /// <param name="Description">What nodes are told.</param>
    /// <param name="Snapshots">Where snapshots are.</param>
    /// <param name="Monitor">Makes the monitor, given the coordinator.</param>
    /// <param name="Membership">Leases.</param>
    /// <param name="Assignment">What this process was started for.</param>
    /// <param name="Time">The clock.</param>
    public sealed record Settings(
        string Run, string Journal, Recipe Recipe, RunDescription Description, SnapshotStore Snapshots, Props Monitor, MembershipOptions Membership, CoordinatorAssignment Assignment, TimeProvider Time);

    private sealed record Tick : INotInfluenceReceiveTimeout, INoSerializationVerificationNeeded
    {
        public static readonly Tick Instance = new();
    }

    private sealed record Node(IActorRef Actor, NodeVitals? Vitals, long HeardAt);

    private sealed record Service(string Node, string Role, IActorRef Actor, long HeardAt);

    private static readonly TimeSpan TickInterval = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan ReportsWait = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RosterInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ServiceLease = TimeSpan.FromSeconds(5);

    /// <summary>A node that has gone stays in the description for so long, as one that is silent.</summary>
    private static readonly TimeSpan NodeMemory = TimeSpan.FromSeconds(30);
    private const int DescribedChanges = 200;
    private readonly Settings _settings;
    private readonly Recipe _recipe;
    private readonly IActorRef _monitor;
    private readonly Dictionary<string, IActorRef> _trainers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Service> _services = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Node> _nodes = new(StringComparer.Ordinal);
    private readonly Dictionary<IActorRef, long> _lookers = [];
    private RunState _state = RunState.Empty;
    private Membership _membership;
    private MonitorMessages.Note? _adopted;
    private WaitReason? _waiting;
    private long _waitingSince;
    private long _rosterAt;
    private long _tickedAt;
    private long _recorded;
    private long _trainedAt;
    private long _evaluatingSince;
    private long _evaluating = -1;
    private IActorRef? _evaluator;

    /// <param name="settings">The run.</param>
    public CoordinatorActor(Settings settings)
    {
        (_settings, _recipe, PersistenceId) = (settings, settings.Recipe, settings.Journal);
        _membership = new Membership(settings.Membership, Now);
        _monitor = Context.ActorOf(settings.Monitor, "monitor");
        Recover<IEvent>(happened => _state = _state.Apply(happened));
        Recover<RecoveryCompleted>(_ => Begin());
        Command<Tick>(_ =>
        {
            Wake();
            Forget();
            Advance();
            Evaluate();
            if (Now - _rosterAt > RosterInterval.TotalMilliseconds)
            {
                TellRoster();
            }
        });
        Command<TrainerStatus>(status =>
        {
            Know(status);
            _membership = _membership.Hear(status, Now);
            Advance();
        });
        Command<NodeMessages.DescribeRun>(asked =>
        {
            _nodes[asked.Node] = new Node(Sender, asked.Vitals, Now);
            Sender.Tell(_state.Status is RunStatus.Paused or RunStatus.Finished ? new NodeMessages.RunOver(Outcome, Over.Error) : _settings.Description);
        });
        Command<NodeMessages.DescribeCluster>(_ => Sender.Tell(Describe()));
        Command<NodeMessages.ServiceStatus>(Know);
        Command<NodeMessages.Subscribe>(_ =>
        {
            if (_lookers.TryAdd(Sender, Now))
            {
                Sender.Tell(new NodeMessages.Subscribed(_settings.Run));
                TellWhereItStands(Sender);
                if (_adopted is not null)
                {
                    Sender.Tell(_adopted);
                }
            }

            _lookers[Sender] = Now;
        });
        Command<ReportNodeLost>(lost =>
        {
            _membership = _membership.BuryNode(lost.Node);
            foreach (var (key, _) in _services.Where(pair => pair.Value.Node == lost.Node).ToList())
            {
                _services.Remove(key);
            }

            TellRoster();
            Advance();
        });
        Command<Terminated>(terminated => Bury(terminated.ActorRef));
        Command<MonitorMessages.StepApplied>(step => _monitor.Forward(step));
        Command<MonitorMessages.Note>(Tell);
        Command<MonitorMessages.Recorded>(recorded =>
        {
            _recorded = recorded.Step;
            Evaluate();
        });
        Command<EvaluatorMessages.Evaluated>(evaluated =>
        {
            _evaluating = -1;
            if (_state.Snapshots.TryGetValue(evaluated.Report.Step, out var snapshot) && snapshot.MeanRecall is null)
            {
                Tell(new MonitorMessages.Evaluated(evaluated.Report));
                Handle(new ReportEvaluation(evaluated.Report));
            }
        });
        Command<EvaluatorMessages.EvaluationFailed>(Handle);
        Command<PauseRun>(_ =>
        {
            _membership = _membership.Pause();
            if (!Sender.Equals(Context.System.DeadLetters))
            {
                Sender.Tell(_state.Status == RunStatus.Running
                    ? new Answer(true, "The run finishes its step, writes a snapshot and ends; \"timix resume\" goes on with it.")
                    : new Answer(false, Standing));
            }

            Advance();
        });
        Command<HoldRun>(hold => Answer(hold, () => new Answer(
            true, $"All trainers hold still after the step they are at (step {_state.Progress} or a few more); nodes and their states stay. \"continue\" goes on; \"stop\" ends the run with a snapshot.")));
        Command<EndHold>(end =>
        {
            _membership = _state.Held ? _membership.GoOn(Now) : _membership;
            Answer(end, () => new Answer(true, $"The run goes on after step {_state.Progress}."));
        });
        Command<WantSnapshot>(_ => WantOne());
        Command<DrainNode>(drain => Drain(drain.Node));
        Command<ReportSnapshot>(report =>
        {
            var writer = Sender;
            Handle(report, () => writer.Tell(new SnapshotMessages.Acknowledged(report.Step)));
        });
        Command<ICommand>(command => Handle(command, null));
    }

    /// <inheritdoc/>
    public override string PersistenceId { get; }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    private long Now => _settings.Time.GetUtcNow().ToUnixTimeMilliseconds();

    private RunOutcome Outcome => _state.Status == RunStatus.Finished ? RunOutcome.Finished
        : _state.PauseReason?.Kind == StopKind.Requested ? RunOutcome.Stopped
        : RunOutcome.Failed;

    /// <summary>How to make one.</summary>
    public static Props Props(Settings settings) => Akka.Actor.Props.Create(() => new CoordinatorActor(settings));

    /// <inheritdoc/>
    protected override void PreStart()
    {
        Timers.StartPeriodicTimer("tick", Tick.Instance, TickInterval);
        base.PreStart();
    }

    /// <inheritdoc/>
    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr)
    {
        // Not through the monitor, which ends with this actor and need not have read its mail by then.
        var note = new MonitorMessages.Note(NoticeLevel.Error, $"The journal cannot be written ({cause.Message}); this coordinator steps down. Training goes on without one.");
        foreach (var looker in _lookers.Keys)
        {
            looker.Tell(note);
        }

        base.OnPersistFailure(cause, @event, sequenceNr);
    }

    /// <inheritdoc/>
    protected override void OnRecoveryFailure(Exception reason, object? message = null)
    {
        _settings.Assignment.JournalUnreadable(reason.Message);
        base.OnRecoveryFailure(reason, message);
    }

    private string Standing => _state.Status switch
    {
        RunStatus.New => "The run has not begun yet; try again in a moment.",
        RunStatus.Paused => $"The run stands still ({_state.PauseReason}); \"timix resume\" goes on with it.",
        RunStatus.Finished => "The run is finished.",
        _ when _state.Trained => "All steps are done; the run ends after its last evaluation.",
        _ => "The run is going on.",
    };

    /// <summary>Answers once the wish is in the journal, or says why it cannot be.</summary>
    private void Answer(ICommand wish, Func<Answer> done)
    {
        var asker = Sender;
        if (_state.Trained || _state.Decide(wish, Now).Count == 0)
        {
            asker.Tell(new Answer(false, wish switch
            {
                HoldRun when _state.Held => "The run is paused already.",
                EndHold when _state.Status == RunStatus.Running && !_state.Trained => "The run is not paused.",
                _ => Standing,
            }));
            return;
        }

        Handle(wish, () => asker.Tell(done()));
    }

    private void WantOne()
    {
        var applied = _membership.Statuses.Select(status => status.Applied).DefaultIfEmpty(-1).Max();
        if (_state.Status != RunStatus.Running || _state.Trained || applied < 0)
        {
            Sender.Tell(new Answer(false, applied < 0 && _state.Status == RunStatus.Running ? "No trainer has a state to write down yet." : Standing));
            return;
        }

        var from = _state.Held ? applied : applied + 1;
        _membership = _membership.WantSnapshot(from);
        Sender.Tell(new Answer(true, _state.Newest?.Step >= from ? $"There is a snapshot of step {_state.Newest.Step} already." : $"A snapshot of step {from} or the next one after it is written."));
        Advance();
    }

    private void Drain(string name)
    {
        if (!_nodes.TryGetValue(name, out var node))
        {
            Sender.Tell(new Answer(false, $"There is no node {name}; there are {string.Join(", ", _nodes.Keys.Order(StringComparer.Ordinal))}.", Unknown: true));
            return;
        }

        var roles = node.Vitals?.Roles ?? [];
        if (roles.FirstOrDefault(role => role != NodeRoles.Trainer && !_nodes.Any(other => other.Key != name && other.Value.Vitals?.Roles.Contains(role) == true)) is { } only)
        {
            Sender.Tell(new Answer(false, $"{name} is the only {only}, and the run needs one: start another first, or \"stop\" the run."));
            return;
        }

        node.Actor.Tell(new NodeMessages.LeaveRun());
        var isLast = roles.Contains(NodeRoles.Trainer) && _membership.Statuses.All(status => status.Leaving || status.Node == name);
        Sender.Tell(new Answer(true, isLast
            ? $"{name} finishes its step, writes a snapshot and leaves. It is the last trainer: the run waits for another."
            : roles.Contains(NodeRoles.Trainer) ? $"{name} finishes its step, hands its micro-batches to the other trainers and leaves." : $"{name} leaves."));
    }

    private ClusterDescription Describe() => new(
        _state.Status, _state.Held, _waiting, _state.Progress, _state.Generation, _state.Resumes, _state.PauseReason, _state.Fingerprint, _state.View ?? _state.Proposed?.View,
        [.. _nodes.OrderBy(node => node.Key, StringComparer.Ordinal).Select(node => new NodeDescription(node.Key, node.Value.Vitals, Now - node.Value.HeardAt))],
        [.. _membership.Statuses.OrderBy(status => status.Node, StringComparer.Ordinal)],
        [.. _state.Snapshots.Values],
        [.. _state.Changes.Skip(_state.Changes.Count - DescribedChanges)]);

    private void Begin()
    {
        _membership = new Membership(_settings.Membership, Now);
        _settings.Assignment.JournalRead();
        if (_settings.Assignment.ToBegin(_state.Status) is { } begin)
        {
            Handle(begin);
        }
        else if (_state.Status is RunStatus.Paused or RunStatus.Finished)
        {
            TellOver();
        }
        else if (_state.View is not null)
        {
            Tell(new MonitorMessages.ViewBegan(_state.Changes[^1]));
        }
    }

    /// <summary>Does what the situation calls for: first into the journal, then out to the trainers.</summary>
    private void Advance()
    {
        var decision = _membership.Decide(_state, Now);
        _membership = decision.Next;
        if (decision.Events.Count > 0)
        {
            Persist(decision.Events, Advance);
            return;
        }

        foreach (var (trainer, order) in decision.Orders)
        {
            if (_trainers.TryGetValue(trainer, out var actor))
            {
                actor.Tell(order);
            }
        }

        TellWaiting(decision.Waiting);
    }

    private void Handle(ICommand command, Action? journaled = null)
    {
        if (command is ReportSnapshotFailed failed)
        {
            _membership = _membership.WantSnapshot(null);
            Tell(new MonitorMessages.Note(NoticeLevel.Warning, $"The snapshot of step {failed.Step} could not be written ({failed.Reason}); the ones before stay."));
        }

        if (command is ReportSnapshotDamaged damaged)
        {
            Tell(new MonitorMessages.Note(NoticeLevel.Warning, $"{damaged.Reason} The snapshot before it is used."));
        }

        var events = command is ReportSnapshotFailed unsaved && _membership.Pausing && _state.Status == RunStatus.Running
            ? [new RunPaused(new StopReason(StopKind.SnapshotFailed, unsaved.Step, unsaved.Reason), Now)]
            : _state.Decide(command, Now);
        if (command is BeginRun && events.Count == 0)
        {
            _settings.Assignment.Begun();
            TellOver();
        }

        Persist(events, () =>
        {
            journaled?.Invoke();
            Advance();
        });
    }

    private void Persist(IReadOnlyList<IEvent> events, Action then)
    {
        var left = events.Count;
        if (left == 0)
        {
            then();
            return;
        }

        PersistAll(events, happened =>
        {
            _state = _state.Apply(happened);
            Act(happened);
            if (--left == 0)
            {
                then();
            }
        });
    }

    private void Act(IEvent happened)
    {
        switch (happened)
        {
            case RunStarted:
                _settings.Assignment.Begun();
                Adopt();
                break;
            case RunContinued continued:
                _settings.Assignment.Begun();
                _settings.Snapshots.Prune(_state.Snapshots.Values.Select(snapshot => snapshot.Directory).ToHashSet());
                Tell(new MonitorMessages.Note(NoticeLevel.Information, $"Goes on after step {continued.FromStep} of {_state.Steps}."));
                if (_state.Trained)
                {
                    Tell(new MonitorMessages.Phase("evaluating"));
                }

                break;
            case ViewProposed:
                TellRoster();
                break;
            case ViewInstalled:
                Tell(new MonitorMessages.ViewBegan(_state.Changes[^1]));
                break;
            case TrainerLost lost:
                _trainers.Remove(lost.Trainer);
                Tell(new MonitorMessages.TrainerLost(lost.Node, lost.Reason));
                break;
            case ReplicaDiverged diverged:
                Tell(new MonitorMessages.Note(NoticeLevel.Warning, $"{diverged.Node} had other weights than the others after step {diverged.Step}; it takes theirs over."));
                break;
            case ProgressRecorded progress when _state.Changes[^1].FirstStepAt == progress.At:
                Tell(new MonitorMessages.ViewBegan(_state.Changes[^1]));
                break;
            case RunHeld:
                Tell(new MonitorMessages.Phase("paused"));
                break;
            case HoldEnded:
                Tell(new MonitorMessages.Phase("training"));
                break;
            case SnapshotCommitted snapshot:
                Committed(_state.Snapshots[snapshot.Step]);
                break;
            case RunPaused or RunFinished:
                TellOver();
                break;
        }
    }

    /// <summary>A journal that was lost is begun anew; what the run's directory still has of snapshots counts again.</summary>
    private void Adopt()
    {
        var found = _settings.Snapshots.Find(_state.Recipe);
        if (found.Count > 0)
        {
            Tell(_adopted = new MonitorMessages.Note(NoticeLevel.Warning, $"The journal knew nothing of this run, but {found.Count} of its snapshots are here: it goes on after step {found[^1].Manifest.Step}."));
            Persist([.. found.Select(snapshot => new SnapshotCommitted(snapshot.Manifest.Step, snapshot.Name, snapshot.Manifest.Fingerprint, Now))], Advance);
        }
    }

    private void Committed(CommittedSnapshot snapshot)
    {
        Tell(new MonitorMessages.SnapshotCommitted(snapshot.Step, _settings.Snapshots.PathOf(snapshot.Directory)));
        var keep = _state.SnapshotsToKeep(_recipe.Run.KeepSnapshots);
        CommittedSnapshot[] old = [.. _state.Snapshots.Values.Where(kept => !keep.Contains(kept.Step) && kept.Step != _evaluating && !IsEvaluationDue(kept))];
        if (old.Length > 0)
        {
            PersistAll(old.Select(gone => new SnapshotDiscarded(gone.Step, "retention")), happened => _state = _state.Apply(happened));
            DeferAsync(old, gone => _settings.Snapshots.Delete(gone.Select(kept => kept.Directory)));
        }

        if (_state.Trained)
        {
            Tell(new MonitorMessages.Phase("evaluating"));
        }

        Evaluate();
    }

    private bool IsEvaluationDue(CommittedSnapshot snapshot) =>
        snapshot.MeanRecall is null && _recipe.Plan().IsEvaluationDue(snapshot.Step);

    /// <summary>Gives the evaluator the snapshot that is due, the last of the run first; one at a time, and again if it was lost.</summary>
    private void Evaluate()
    {
        var evaluator = _services.Values.FirstOrDefault(service => service.Role == NodeRoles.Evaluator)?.Actor;
        if (_state.Status != RunStatus.Running || evaluator is null || (_evaluating >= 0 && evaluator.Equals(_evaluator) && Now - _evaluatingSince < AskAgainAfter.TotalMilliseconds))
        {
            return;
        }

        var due = _state.Snapshots.Values.Where(IsEvaluationDue).OrderByDescending(snapshot => snapshot.Step == _state.Steps).ThenBy(snapshot => snapshot.Step).FirstOrDefault();
        if (due is null || (due.Step == _state.Steps && !ReportsAreIn()))
        {
            return;
        }

        (_evaluating, _evaluator, _evaluatingSince) = (due.Step, evaluator, Now);
        evaluator.Tell(new EvaluatorMessages.Evaluate(due.Step, _settings.Snapshots.PathOf(due.Directory), due.Step == _state.Steps ? Splits.All(_recipe) : [Splits.Validation]));
    }

    /// <summary>The last evaluation ends the run, and with it those who may still have to tell of its last steps: they get a moment.</summary>
    private bool ReportsAreIn()
    {
        _trainedAt = _trainedAt == 0 ? Now : _trainedAt;
        return _recorded >= _state.Steps || _trainers.Count == 0 || Now - _trainedAt > ReportsWait.TotalMilliseconds;
    }

    private void Handle(EvaluatorMessages.EvaluationFailed failed)
    {
        _evaluating = -1;
        if (failed.Step == _state.Steps)
        {
            Handle(new FailRun($"the evaluation of step {failed.Step} failed: {failed.Reason}"));
            return;
        }

        Tell(new MonitorMessages.Note(NoticeLevel.Warning, $"The evaluation of step {failed.Step} failed: {failed.Reason}"));
        if (_state.Snapshots.TryGetValue(failed.Step, out var snapshot) && snapshot.MeanRecall is null)
        {
            Persist([new EvaluationRecorded(failed.Step, double.NaN)], Advance);
        }
    }

    private void Know(TrainerStatus status)
    {
        if (_trainers.TryGetValue(status.Trainer, out var known) && known.Equals(Sender))
        {
            return;
        }

        _trainers[status.Trainer] = Sender;
        Context.Watch(Sender);
        TellRoster();
    }

    private void Know(NodeMessages.ServiceStatus status)
    {
        var key = $"{status.Node} {status.Role}";
        var isNew = !_services.TryGetValue(key, out var known) || !known.Actor.Equals(Sender);
        _services[key] = new Service(status.Node, status.Role, Sender, Now);
        if (isNew)
        {
            Context.Watch(Sender);
            TellRoster();
            Evaluate();
        }
    }

    private void Bury(IActorRef actor)
    {
        foreach (var (trainer, _) in _trainers.Where(pair => pair.Value.Equals(actor)).ToList())
        {
            _membership = _membership.Bury(trainer);
            _trainers.Remove(trainer);
        }

        foreach (var (key, _) in _services.Where(pair => pair.Value.Actor.Equals(actor)).ToList())
        {
            _services.Remove(key);
        }

        TellRoster();
        Advance();
    }

    /// <summary>A process that was stopped itself has no right to call others silent.</summary>
    private void Wake()
    {
        var (now, last) = (Now, _tickedAt);
        _tickedAt = now;
        if (last > 0 && Math.Abs(now - last) > _settings.Membership.Lease.TotalMilliseconds / 3)
        {
            _membership = _membership.Wake(now);
            _services.Keys.ToList().ForEach(key => _services[key] = _services[key] with { HeardAt = now });
            _nodes.Keys.ToList().ForEach(name => _nodes[name] = _nodes[name] with { HeardAt = now });
            _lookers.Keys.ToList().ForEach(looker => _lookers[looker] = now);
        }
    }

    private void Forget()
    {
        var old = Now - (long)ServiceLease.TotalMilliseconds;
        _nodes.Where(pair => pair.Value.HeardAt < Now - (long)NodeMemory.TotalMilliseconds).Select(pair => pair.Key).ToList().ForEach(name => _nodes.Remove(name));
        var silent = _services.Where(pair => pair.Value.HeardAt < old).Select(pair => pair.Key).ToList();
        silent.ForEach(key => _services.Remove(key));
        _lookers.Where(pair => pair.Value < old).Select(pair => pair.Key).ToList().ForEach(looker => _lookers.Remove(looker));
        if (silent.Count > 0)
        {
            TellRoster();
        }
    }

    /// <summary>Now and then as well: whoever was started anew within its node knows nobody.</summary>
    private void TellRoster()
    {
        _rosterAt = Now;
        string[] Of(string role) => [.. _services.Values.Where(service => service.Role == role).OrderBy(service => service.Node, StringComparer.Ordinal).Select(service => Serialization.SerializedActorPath(service.Actor))];
        var roster = new NodeMessages.Roster(
            Of(NodeRoles.Loader), Of(NodeRoles.Mixer), _trainers.ToDictionary(pair => pair.Key, pair => Serialization.SerializedActorPath(pair.Value), StringComparer.Ordinal));
        foreach (var actor in _trainers.Values.Concat(_services.Values.Where(service => service.Role == NodeRoles.Mixer).Select(service => service.Actor)))
        {
            actor.Tell(roster);
        }
    }

    private void TellWaiting(WaitReason? waiting)
    {
        if (waiting != _waiting)
        {
            (_waiting, _waitingSince) = (waiting, Now);
        }
        else if (waiting is not null && _waitingSince > 0 && Now - _waitingSince > _settings.Membership.Lease.TotalMilliseconds)
        {
            _waitingSince = 0;
            Tell(new MonitorMessages.Note(NoticeLevel.Information, $"Waiting: {waiting}."));
        }
    }

    private void TellWhereItStands(IActorRef looker)
    {
        object? standing = _state.Status switch
        {
            RunStatus.Running when _state.View is not null => new MonitorMessages.ViewBegan(_state.Changes[^1]),
            RunStatus.Paused or RunStatus.Finished => Over,
            _ => null,
        };
        if (standing is not null)
        {
            _monitor.Tell(new MonitorActor.Publish(standing, [looker]));
        }
    }

    private MonitorMessages.Over Over => new(Outcome, _state.Fingerprint, Outcome == RunOutcome.Failed ? _state.PauseReason?.ToString() : null, _state.Resumes);

    private void TellOver()
    {
        Tell(Over);
        foreach (var node in _nodes.Values)
        {
            node.Actor.Tell(new NodeMessages.RunOver(Outcome, Over.Error));
        }
    }

    /// <summary>The monitor keeps the files and passes on to whoever looks on.</summary>
    private void Tell(object message) => _monitor.Tell(new MonitorActor.Publish(message, [.. _lookers.Keys]));
}
