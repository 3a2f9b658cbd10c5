using System.Diagnostics;
using System.Globalization;
using Akka.Actor;
using TiMix.Actors.Messages;
using TiMix.Exchange;
using TiMix.Exchange.Bundles;
using TiMix.Exchange.Groups;
using TiMix.Exchange.Links;
using TiMix.Learning.Model;
using TiMix.Learning.Steps;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Training;
using TiMix.Protocol.Values;
using TiMix.Runs.Audit;
using TiMix.Runs.Recipes;
using TiMix.Runs.Snapshots;
using TiMix.Work.Compute;
using TiMix.Work.Mixing;
using TiMix.Work.Training;

namespace TiMix.Actors.Training;

/// <summary>
/// Drives one trainer. Who may compute when is decided by <see cref="TrainerProtocol"/>, the mathematics is in
/// <see cref="TrainingStep"/>; this actor does what the protocol says, keeps micro-batches on order, and reports.
/// </summary>
public sealed class TrainerActor : ReceiveActor, IWithTimers
{
    /// <summary>
    /// What a trainer needs to know of its run and its node. WarmUp: something is computed before others hear of this trainer; of no
    /// use where the mixer is in the same process, before which nobody trains.
    /// </summary>
    public sealed record Settings(
        string Run,
        string Node,
        Recipe Recipe,
        string RecipeText,
        ModelConfig Model,
        TorchSharp.torch.Device Device,
        int Threads,
        string Computes,
        SnapshotStore Snapshots,
        AuditLog Audit,
        ExchangeNode Exchange,
        TimeSpan StatusInterval,
        bool WarmUp);

    /// <summary>Local to the node: this trainer is to leave after its step.</summary>
    public sealed record WantToLeave : INoSerializationVerificationNeeded;

    /// <summary>Local to the node: the trainer has left.</summary>
    public sealed record HasLeft : INoSerializationVerificationNeeded;

    /// <summary>Local to the node, fault injection: nothing is heard or said for so long.</summary>
    public sealed record Deafen(TimeSpan Duration) : INoSerializationVerificationNeeded;

    /// <summary>Local to the node, fault injection: a bit of the parameters flips.</summary>
    public sealed record FlipBit : INoSerializationVerificationNeeded;

    private sealed record Tick : INotInfluenceReceiveTimeout, INoSerializationVerificationNeeded
    {
        public static readonly Tick Instance = new();
    }

    private sealed record WarmedUp : INoSerializationVerificationNeeded;

    private sealed record HearAgain : INoSerializationVerificationNeeded;

    private sealed record Happened(Func<TrainerProtocol, IReadOnlyList<TrainerProtocol.Effect>> What) : INoSerializationVerificationNeeded;

    private sealed record Fetched(long Lineage, MicroBatchKey Key, PreparedMicroBatch? MicroBatch) : INoSerializationVerificationNeeded;

    private sealed record Stepped(View View, StepOutcome Outcome, long Step, (long Version, float[] Values)? Published, SnapshotContent? Snapshot) : INoSerializationVerificationNeeded;

    private sealed record Broken(View View, IReadOnlyList<string> Suspects, string? Note, bool Damaged) : INoSerializationVerificationNeeded;

    private sealed record Captured(long Generation, SnapshotContent Snapshot) : INoSerializationVerificationNeeded;

    private sealed record Written(long Generation, long Step, string? Name, string? Fingerprint, string? Failure) : INoSerializationVerificationNeeded;

    private static readonly TimeSpan OrderAgainAfter = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan AskForStateAgainAfter = TimeSpan.FromSeconds(5);
    private readonly Settings _settings;
    private readonly Recipe _recipe;
    private readonly IActorRef _coordinator;
    private readonly string _id;
    private readonly TrainerProtocol _protocol;
    private readonly TrainerCompute _compute;
    private readonly ComputeThread _fetching = new("fetcher");
    private readonly ComputeThread _files = new("snapshot writer");
    private readonly ComputeThread _publishing = new("teacher publisher");
    private readonly ServiceDirectory _services;
    private readonly MicroBatchQueue<PreparedMicroBatch> _queue;
    private readonly ReportBuffer _reports = new();
    private readonly CancellationTokenSource _stopped = new();
    private readonly HashSet<long> _writing = [];
    private readonly Dictionary<IActorRef, StateMessages.WantState> _askers = [];
    private readonly SortedDictionary<long, float[]> _published = [];
    private Group? _group;
    private CancellationTokenSource? _obtaining;
    private CoordinatorCommands.ReportSnapshot? _written;
    private TrainerProtocol.Obtain? _wanted;
    private TrainerProtocol.Compute? _waiting;
    private long _lineage;
    private long _recorded = -1;
    private long _number;
    private long _lastCompleted;
    private long _askedForState;
    private double _secondsPerMicroBatch;
    private bool _deaf;
    private bool _flip;

    /// <param name="settings">The run and the node.</param>
    /// <param name="coordinator">Who hands out views.</param>
    public TrainerActor(Settings settings, IActorRef coordinator)
    {
        (_settings, _recipe, _coordinator) = (settings, settings.Recipe, coordinator);
        _id = $"{settings.Node}~{Guid.NewGuid().ToString("N")[..8]}";
        _protocol = new TrainerProtocol(_recipe.Optimization.Steps);
        _compute = new TrainerCompute(_recipe, settings.Model, settings.Device, settings.Threads);
        _services = new ServiceDirectory(Context.System);
        _queue = new MicroBatchQueue<PreparedMicroBatch>(_recipe.Optimization.Steps, _recipe.Run.Prefetch);

        Receive<HearAgain>(_ => _deaf = false);
        Receive<Deafen>(deafen =>
        {
            _deaf = true;
            _settings.Exchange.Blackhole(deafen.Duration);
            Timers.StartSingleTimer("hear-again", new HearAgain(), deafen.Duration);
        });
        ReceiveAny(message =>
        {
            if (!_deaf || message is INoSerializationVerificationNeeded)
            {
                Handle(message);
            }
        });
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    private bool IsFirst => _protocol.View?.PlaceOf(_id) == 0;

    /// <summary>How to make one.</summary>
    public static Props Props(Settings settings, IActorRef coordinator) => Akka.Actor.Props.Create(() => new TrainerActor(settings, coordinator));

    /// <inheritdoc/>
    protected override void PreStart()
    {
        if (_settings.WarmUp)
        {
            Pipe(
                _compute.Run((_, step) =>
                {
                    step.WarmUp();
                    return new WarmedUp();
                }),
                warm => warm);
        }
        else
        {
            Self.Tell(new WarmedUp());
        }
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _stopped.Cancel();
        _obtaining?.Cancel();
        Unlink();
        _compute.Dispose();
        _fetching.Dispose();
        _files.Dispose();
        _publishing.Dispose();
        _settings.Exchange.Bundles.ReleaseOwner(Self.Path.ToString());
    }

    private void Handle(object message)
    {
        switch (message)
        {
            case WarmedUp:
                // From now on the coordinator knows of this trainer, and may have others wait for it.
                Timers.StartPeriodicTimer("tick", Tick.Instance, _settings.StatusInterval);
                Self.Tell(Tick.Instance);
                break;
            case Tick when !_deaf:
                Report();
                Order();
                TellNextReport();
                TellOfSnapshot();
                AskForState();
                break;
            case SnapshotMessages.Acknowledged acknowledged:
                _written = _written?.Step == acknowledged.Step ? null : _written;
                break;
            case TrainerOrders.Begin begin:
                Begin(begin);
                break;
            case TrainerOrders.Prepare prepare:
                Prepare(prepare);
                break;
            case TrainerOrders.IOrder order:
                Do(_protocol.Handle(order));
                break;
            case Happened happened:
                Do(happened.What(_protocol));
                ServeAskers();
                break;
            case NodeMessages.Roster roster:
                Follow(roster);
                break;
            case MixerMessages.Mixed mixed:
                Accept(mixed);
                break;
            case MixerMessages.MixFailed failed when failed.Lineage == _lineage:
                _coordinator.Tell(new CoordinatorCommands.FailRun(failed.Reason));
                break;
            case MixerMessages.WantTeacher want:
                Publish(Sender, want);
                break;
            case Fetched fetched when fetched.Lineage == _lineage:
                _queue.Fetched(fetched.Key, fetched.MicroBatch);
                Order();
                TryCompute();
                break;
            case Stepped stepped:
                Complete(stepped);
                break;
            case Broken broken:
                BreakOff(broken);
                break;
            case Captured captured:
                Write(captured.Generation, captured.Snapshot);
                break;
            case Written written:
                Report(written);
                break;
            case StateMessages.WantState want:
                _askers[Sender] = want;
                ServeAskers();
                break;
            case StateMessages.StateOffered offered:
                Accept(offered);
                break;
            case MonitorMessages.Recorded recorded:
                _recorded = recorded.Step;
                TellNextReport();
                break;
            case WantToLeave:
                Do(_protocol.WantToLeave());
                break;
            case FlipBit:
                _flip = true;
                break;
            case Status.Failure failure:
                throw new InvalidOperationException($"The trainer failed after step {_protocol.Step}: {failure.Cause.Message}", failure.Cause);
        }
    }

    private void Do(IReadOnlyList<TrainerProtocol.Effect> effects)
    {
        foreach (var effect in effects)
        {
            switch (effect)
            {
                case TrainerProtocol.Report:
                    Report();
                    break;
                case TrainerProtocol.Link link:
                    Link(link.View);
                    break;
                case TrainerProtocol.Obtain obtain:
                    Obtain(obtain);
                    break;
                case TrainerProtocol.Compute compute:
                    _waiting = compute;
                    _queue.Advance(compute.Step);
                    Order();
                    TryCompute();
                    break;
                case TrainerProtocol.HashState:
                    Pipe(_compute.Run((state, _) => state.HashOfAll()), hash => new Happened(protocol => protocol.Hashed(hash)));
                    break;
                case TrainerProtocol.Unlink:
                    Unlink();
                    break;
                case TrainerProtocol.Save save:
                    Save(save.Step);
                    break;
                case TrainerProtocol.Leave:
                    Context.System.EventStream.Publish(new HasLeft());
                    break;
            }
        }
    }

    private void Report()
    {
        if (_deaf)
        {
            return;
        }

        _coordinator.Tell(new TrainerStatus(
            _id, _settings.Node, ++_number, _settings.Exchange.Endpoint, _settings.Computes, _protocol.Phase, _protocol.Generation, _protocol.StateGeneration, _protocol.Step,
            _protocol.Hash, [.. _protocol.Suspects], _protocol.Leaving, _secondsPerMicroBatch));
    }

    private void Prepare(TrainerOrders.Prepare order)
    {
        Do(_protocol.Handle(order));
        if (_protocol.View is { } view && view.Generation == order.View.Generation && _protocol.Phase == TrainerPhase.Preparing)
        {
            if (order.Lineage != _lineage)
            {
                _lineage = order.Lineage;
                _queue.Clear();
                _published.Clear();
                _reports.DropAfter(view.FromStep);
                _recorded = Math.Min(_recorded, view.FromStep);
            }

            var share = view.Shares[view.PlaceOf(_id)];
            _queue.Assign(share.First, share.Count, view.FromStep);
            Order();
        }
    }

    private void Begin(TrainerOrders.Begin order)
    {
        var ready = _protocol.Phase == TrainerPhase.Ready && order.Generation == _protocol.Generation;
        if (ready)
        {
            _lastCompleted = Stopwatch.GetTimestamp();
            if (IsFirst && _protocol.Step > 0 && _protocol.Step > order.Committed && _recipe.Plan().IsSnapshotDue(_protocol.Step))
            {
                Save(_protocol.Step);
            }

            Pipe(
                _compute.Run((state, _) => state.Versions.ToDictionary(pair => pair.Key, pair => pair.Value)),
                versions => new Happened(_ =>
                {
                    Keep(versions);
                    return [];
                }));
        }

        Do(_protocol.Handle(order));
        if (ready)
        {
            TellNextReport();
        }
    }

    private void Link(View view)
    {
        Unlink();
        var members = view.Shares.Select(share => new GroupMember(share.Trainer, share.Endpoint, share.First, share.Count)).ToList();
        var group = _settings.Exchange.Enter(new GroupView(_settings.Run, view.Generation, members, _recipe.Optimization.MicroBatches), view.PlaceOf(_id));
        var (self, generation) = (Self, view.Generation);
        group.PeerLost += suspect => self.Tell(new Happened(protocol => protocol.PeerLost(generation, suspect.Member)));
        Connect(group, self, generation);
        _group = group;
    }

    private static async void Connect(Group group, IActorRef self, long generation)
    {
        try
        {
            await group.Connected.ConfigureAwait(false);
            self.Tell(new Happened(protocol => protocol.Linked(generation)));
        }
        catch (GroupBrokenException broken)
        {
            self.Tell(new Happened(protocol => [.. broken.Suspects.SelectMany(suspect => protocol.PeerLost(generation, suspect.Member))]));
        }
    }

    private void Unlink()
    {
        if (_group is { } group)
        {
            _group = null;
            group.Abort();
            _compute.Then(group.Dispose);
        }

        _obtaining?.Cancel();
        if (_wanted is { } wanted)
        {
            _wanted = null;
            Self.Tell(new Happened(protocol => protocol.StateFailed(wanted.Generation, protocol.Step, null)));
        }

        if (_waiting is not null)
        {
            _waiting = null;
            Self.Tell(new Happened(protocol => protocol.BrokeOff([])));
        }
    }

    private void Obtain(TrainerProtocol.Obtain obtain)
    {
        _obtaining = new CancellationTokenSource();
        var (generation, source) = (obtain.Generation, obtain.Source);
        switch (source.Way)
        {
            case StateWay.Copy:
                _wanted = obtain;
                _askedForState = 0;
                AskForState();
                break;
            case StateWay.Draw:
                Pipe(_compute.RunAnew(state => (state.Step, Hash: state.HashOfAll())), drawn => new Happened(protocol => protocol.StateReady(generation, drawn.Step, drawn.Hash)));
                break;
            case StateWay.Restore:
                Restore(generation, source.From!);
                break;
        }
    }

    private void Restore(long generation, string snapshot)
    {
        var path = _settings.Snapshots.PathOf(snapshot);
        Pipe(
            _compute.Run<object>((state, _) =>
            {
                try
                {
                    state.Restore(SnapshotStore.Read(path, state.Layout));
                    return (state.Step, Hash: state.HashOfAll());
                }
                catch (Exception error) when (error is InvalidDataException or IOException or UnauthorizedAccessException)
                {
                    return error.Message;
                }
            }),
            result =>
            {
                if (result is string reason)
                {
                    _coordinator.Tell(new CoordinatorCommands.ReportSnapshotDamaged(generation, snapshot, reason));
                    return new Happened(protocol => protocol.StateFailed(generation, -1, null));
                }

                var (step, hash) = ((long, string))result;
                return new Happened(protocol => protocol.StateReady(generation, step, hash));
            });
    }

    private void AskForState()
    {
        if (_wanted is { } wanted && _services.Trainer(wanted.Source.From!) is not null && Environment.TickCount64 - _askedForState > AskForStateAgainAfter.TotalMilliseconds)
        {
            _askedForState = Environment.TickCount64;
            _services.Trainer(wanted.Source.From!)?.Tell(new StateMessages.WantState(wanted.Generation, wanted.Step, wanted.Lineage));
        }
    }

    /// <summary>Whoever asks before the state is here gets it as soon as it is.</summary>
    private void ServeAskers()
    {
        foreach (var (asker, want) in _askers.ToList())
        {
            if (want.Generation < _protocol.Generation || Offer(asker, want))
            {
                _askers.Remove(asker);
            }
        }
    }

    private bool Offer(IActorRef asker, StateMessages.WantState want)
    {
        if (_protocol.Step != want.Step || _protocol.StateGeneration < want.Lineage || _protocol.Hash is null || _protocol.Phase == TrainerPhase.Running)
        {
            return false;
        }

        var (self, store, owner) = (Self, _settings.Exchange.Bundles, Self.Path.ToString());
        Pipe(
            _compute.Run<object>((state, _) => IfIntact(state, () =>
            {
                asker.Tell(StateTransfer.Offer(state, want.Generation, store, owner), self);
                return new Happened(_ => []);
            })),
            message => message);
        return true;
    }

    /// <summary>A damaged state is neither given to others nor kept.</summary>
    private static object IfIntact(TrainingState state, Func<object> use)
    {
        try
        {
            state.CheckIntact();
            return use();
        }
        catch (StateDamagedException)
        {
            return new Happened(protocol => protocol.StateLost());
        }
    }

    private void Accept(StateMessages.StateOffered offer)
    {
        if (_wanted is not { } wanted || wanted.Generation != offer.Generation || wanted.Step != offer.Step)
        {
            foreach (var reference in ((StateBuffers)offer.State).Buffers.Values)
            {
                _settings.Exchange.Release(reference);
            }

            return;
        }

        _wanted = null;
        var (exchange, stop) = (_settings.Exchange, _obtaining!.Token);
        Pipe(
            _compute.Run((state, _) => StateTransfer.Accept(offer, state, exchange, stop)),
            accepted => new Happened(protocol => accepted switch
            {
                true => protocol.StateReady(offer.Generation, offer.Step, offer.Hash),
                false => protocol.StateFailed(offer.Generation, -1, null),
                null => protocol.StateFailed(offer.Generation, protocol.Step, null),
            }));
    }

    private void Follow(NodeMessages.Roster roster)
    {
        if (_services.Update(roster))
        {
            Order(TimeSpan.Zero);
        }

        AskForState();
    }

    private void Order() => Order(OrderAgainAfter);

    private void Order(TimeSpan again)
    {
        if (_protocol.View is null || _services.Mixers.Count == 0)
        {
            return;
        }

        foreach (var (key, attempt) in _queue.ToOrder(Environment.TickCount64, (long)again.TotalMilliseconds))
        {
            _services.Mixer(key.Step, key.MicroBatch, attempt)?.Tell(new MixerMessages.Mix(_lineage, key.Step, key.MicroBatch));
        }
    }

    private void Accept(MixerMessages.Mixed mixed)
    {
        var key = new MicroBatchKey(mixed.Step, mixed.MicroBatch);
        var content = (MixedSamples)mixed.Samples;
        if (mixed.Lineage != _lineage || !_queue.Answered(key))
        {
            _settings.Exchange.Release(content.Loaded.Samples);
            _settings.Exchange.Release(content.Teacher);
            return;
        }

        var (exchange, stop, recipe, model, lineage) = (_settings.Exchange, _stopped.Token, _recipe, _settings.Model, _lineage);
        Pipe(
            _fetching.Run(() =>
            {
                using var samples = exchange.Take(content.Loaded.Samples, stop);
                using var teacher = exchange.Take(content.Teacher, stop);
                return samples is null || teacher is null ? null : new PreparedMicroBatch(
                    MicroBatchAssembly.Assemble(mixed.MicroBatch, samples, teacher, content.Plan, recipe, model),
                    new MicroBatchOrigin(mixed.MicroBatch, content.Loaded.Epoch, content.Loaded.Indices, content.Loaded.Replacements));
            }),
            prepared => new Fetched(lineage, key, prepared));
    }

    /// <summary>Runs the step that is due when all of its micro-batches are here and the disk keeps up with the snapshots.</summary>
    private void TryCompute()
    {
        if (_waiting is not { } due || _group is not { } group || _writing.Count > 1 || _queue.Current() is not { } own)
        {
            return;
        }

        _waiting = null;
        var (view, id, last, flip, first, wanted) = (due.View, _id, _protocol.StopRequested, _flip, IsFirst, _protocol.SnapshotFrom);
        _flip = false;
        Pipe(
            _compute.Run<object>((state, step) =>
            {
                if (flip)
                {
                    state.FlipBit();
                }

                try
                {
                    var outcome = step.Run(own, new GroupPeers(group), id, last);
                    var applied = double.IsFinite(outcome.GradientNorm);
                    if (applied)
                    {
                        WriteAudit(view, state.Step, outcome.Parts);
                    }

                    return new Stepped(
                        view, outcome, state.Step, applied ? state.PublishIfDue() : null,
                        applied && first && (_recipe.Plan().IsSnapshotDue(state.Step) || state.Step >= wanted) ? state.Capture() : null);
                }
                catch (GroupBrokenException broken)
                {
                    return new Broken(view, [.. broken.Suspects.Select(suspect => suspect.Member)], null, false);
                }
                catch (ReplicasDifferException differ)
                {
                    return new Broken(view, [], differ.Message, false);
                }
                catch (StateDamagedException damaged)
                {
                    return new Broken(view, [], damaged.Message, true);
                }
            }),
            result => result);
    }

    private void Complete(Stepped done)
    {
        if (!double.IsFinite(done.Outcome.GradientNorm))
        {
            _coordinator.Tell(new CoordinatorCommands.FailRun(StepDescription.NotFinite(done.Step, done.Outcome)));
            Do(_protocol.BrokeOff([]));
            return;
        }

        var count = done.View.Shares[done.View.PlaceOf(_id)].Count;
        _secondsPerMicroBatch = count == 0 ? _secondsPerMicroBatch : Smooth(_secondsPerMicroBatch, done.Outcome.OwnSeconds / count);
        _reports.Add(Describe(done), [.. done.Outcome.Parts.SelectMany(part => part.MicroBatches).SelectMany(part => part.Origin.Replacements)]);
        if (done.Published is { } published)
        {
            Keep(new Dictionary<long, float[]> { [published.Version] = published.Values });
        }

        if (done.Snapshot is { } snapshot)
        {
            _protocol.SnapshotBegun(done.Step);
            Write(done.View.Generation, snapshot);
        }

        TellNextReport();
        Do(_protocol.Applied(done.Step, done.Outcome.Last));
    }

    private static double Smooth(double old, double value) => old == 0 ? value : (0.8 * old) + (0.2 * value);

    /// <summary>On the compute thread, before anybody hears of the step: whatever counts later is written down.</summary>
    private void WriteAudit(View view, long step, IReadOnlyList<StepPart> parts)
    {
        try
        {
            _settings.Audit.Append(new AuditRecord(
                view.Generation, step, _id, parts.SelectMany(part => part.MicroBatches).First().Origin.Epoch,
                [.. parts.SelectMany(part => part.MicroBatches.Select(microBatch => new AuditMicroBatch(microBatch.Origin.Index, part.Trainer, microBatch.Origin.Samples)))]));
        }
        catch (IOException error)
        {
            _coordinator.Tell(new MonitorMessages.Note(NoticeLevel.Warning, $"{_settings.Node}: step {step} could not be written into the audit: {error.Message}"));
        }
    }

    private StepReport Describe(Stepped done)
    {
        var (seconds, now) = (Stopwatch.GetElapsedTime(_lastCompleted).TotalSeconds, Stopwatch.GetTimestamp());
        _lastCompleted = now;
        return StepDescription.Report(_recipe, done.Step, done.Outcome, seconds);
    }

    /// <summary>
    /// The first trainer of a view tells the monitor of its steps. What happened before the view, those who were there tell as
    /// well: the one who should have told it may be dead.
    /// </summary>
    private void TellNextReport()
    {
        if (_protocol.View is { } view && _reports.After(Math.Max(_recorded, 0)) is { } report && (IsFirst || report.Report.Step <= view.FromStep))
        {
            _coordinator.Tell(report);
        }
    }

    /// <summary>Until the coordinator has it in its journal; one that is away does not lose a snapshot.</summary>
    private void TellOfSnapshot()
    {
        if (_written is { } written)
        {
            _coordinator.Tell(written);
        }
    }

    private void BreakOff(Broken broken)
    {
        if (broken.Note is { } note)
        {
            _coordinator.Tell(new MonitorMessages.Note(NoticeLevel.Warning, $"{_settings.Node}: {note}"));
        }

        Do(broken.Damaged ? _protocol.StateLost() : _protocol.BrokeOff(broken.Suspects));
    }

    private void Keep(Dictionary<long, float[]> versions)
    {
        foreach (var (version, values) in versions)
        {
            _published[version] = values;
            if (IsFirst)
            {
                foreach (var mixer in _services.Mixers)
                {
                    Publish(mixer, version, values);
                }
            }
        }

        foreach (var old in _published.Keys.Where(version => version < _published.Keys.Last() - 2).ToList())
        {
            _published.Remove(old);
        }
    }

    private void Publish(IActorRef mixer, MixerMessages.WantTeacher want)
    {
        if (want.Lineage == _lineage && _published.TryGetValue(want.Version, out var values))
        {
            Publish(mixer, want.Version, values);
        }
    }

    private void Publish(IActorRef mixer, long version, float[] values)
    {
        var (self, lineage, store, owner) = (Self, _lineage, _settings.Exchange.Bundles, Self.Path.ToString());
        Pipe(
            _publishing.Run(() =>
            {
                mixer.Tell(new MixerMessages.TeacherPublished(lineage, version, new TeacherParameters(store.Put(new Bundle.Builder().Add("parameters", values).Build(), owner))), self);
                return new Happened(_ => []);
            }),
            done => done);
    }

    private void Save(long step)
    {
        if (_writing.Add(step))
        {
            var generation = _protocol.StateGeneration;
            Pipe(
                _compute.Run<object>((state, _) => IfIntact(state, () => new Captured(generation, state.Capture()))),
                captured => captured is Captured ? captured : new Happened(protocol =>
                {
                    _writing.Remove(step);
                    return protocol.StateLost();
                }));
        }
    }

    private void Write(long generation, SnapshotContent snapshot)
    {
        _writing.Add(snapshot.Step);
        var (settings, layout) = (_settings, _compute.Layout);
        Pipe(
            _files.Run(() =>
            {
                try
                {
                    var (name, fingerprint) = settings.Snapshots.Write(snapshot, layout, settings.Model, settings.RecipeText, settings.Recipe.Run.Seed, settings.Node);
                    return new Written(generation, snapshot.Step, name, fingerprint, null);
                }
                catch (IOException error)
                {
                    return new Written(generation, snapshot.Step, null, null, error.Message);
                }
            }),
            written => written);
    }

    private void Report(Written written)
    {
        _writing.Remove(written.Step);
        if (written.Failure is { } failure)
        {
            _coordinator.Tell(new CoordinatorCommands.ReportSnapshotFailed(written.Generation, written.Step, failure));
        }
        else
        {
            _written = new CoordinatorCommands.ReportSnapshot(written.Generation, written.Step, written.Name!, written.Fingerprint!);
            _coordinator.Tell(_written);
        }

        TryCompute();
    }

    /// <summary>The result of work elsewhere comes back as a message; a failure ends this actor, and its supervisor starts it anew.</summary>
    private void Pipe<T>(Task<T> work, Func<T, object> message) => work.PipeTo(Self, Self, message);
}
