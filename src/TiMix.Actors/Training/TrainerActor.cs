using System.Diagnostics;
using Akka.Actor;
using TiMix.Actors.Compute;
using TiMix.Actors.Coordination;
using TiMix.Actors.Messages;
using TiMix.Actors.Recipes;
using TiMix.Actors.Runs;
using TiMix.Actors.Snapshots;
using TiMix.Data;
using View = TiMix.Actors.Coordination.View;
using TiMix.Exchange.Bundles;
using TiMix.Learning;

namespace TiMix.Actors.Training;

/// <summary>
/// Drives training: registers with the coordinator, takes a view, keeps a bounded number of micro-batches on order, and runs
/// one step after another on its compute thread. All mathematics is in <see cref="TrainingStep"/>; this actor orders, hands
/// over, and reports.
/// </summary>
public sealed class TrainerActor : ReceiveActor, IWithTimers
{
    /// <summary>What a trainer needs to know of its run.</summary>
    public sealed record Settings(Recipe Recipe, string RecipeText, ModelConfig Model, SnapshotStore Snapshots, BundleStore Bundles, int Threads, int StepsPerEpoch);

    private sealed record Retry : INotInfluenceReceiveTimeout, INoSerializationVerificationNeeded
    {
        public static readonly Retry Instance = new();
    }

    private sealed record Loaded(long Generation, TrainingState State, TrainingStep Step) : INoSerializationVerificationNeeded;

    private sealed record Damaged(long Generation, string Snapshot, string Reason) : INoSerializationVerificationNeeded;

    private sealed record Stepped(long Generation, StepOutcome Outcome, long Step, (long Version, float[] Values)? Published, SnapshotContent? Snapshot, IReadOnlyList<MixerMessages.Mixed> Used) : INoSerializationVerificationNeeded;

    private sealed record Lost(long Generation, IReadOnlyList<int> MicroBatches) : INoSerializationVerificationNeeded;

    private sealed record Captured(long Generation, SnapshotContent Snapshot) : INoSerializationVerificationNeeded;

    private sealed record Written(long Generation, long Step, string? Name, string? Fingerprint, string? Failure, bool Drained) : INoSerializationVerificationNeeded;

    private const long ProgressEvery = 10;
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(3);

    private readonly Settings _settings;
    private readonly Recipe _recipe;
    private readonly IActorRef _coordinator;
    private readonly IActorRef _mixer;
    private readonly IActorRef _monitor;
    private readonly ComputeThread _thread = new("trainer");
    private readonly ComputeThread _files = new("snapshot writer");
    private readonly Dictionary<(long Step, int MicroBatch), MixerMessages.Mixed?> _onOrder = [];
    private View? _view;
    private TrainingState? _state;
    private TrainingStep? _step;
    private long _next;
    private bool _computing;
    private bool _draining;
    private bool _over;
    private int _writing;
    private long _lastCompleted = Stopwatch.GetTimestamp();

    /// <param name="settings">The run.</param>
    /// <param name="coordinator">Who hands out views.</param>
    /// <param name="mixer">Where micro-batches come from.</param>
    /// <param name="monitor">Who shows progress.</param>
    public TrainerActor(Settings settings, IActorRef coordinator, IActorRef mixer, IActorRef monitor)
    {
        (_settings, _recipe, _coordinator, _mixer, _monitor) = (settings, settings.Recipe, coordinator, mixer, monitor);
        Receive<TrainerMessages.InstallView>(Install);
        Receive<TrainerMessages.Drain>(_ =>
        {
            _draining = true;
            Advance();
        });
        Receive<Loaded>(Begin);
        Receive<Damaged>(damaged => _coordinator.Tell(new CoordinatorCommands.ReportSnapshotDamaged(damaged.Generation, _view!.FromStep, damaged.Reason)));
        Receive<MixerMessages.Mixed>(Accept);
        Receive<MixerMessages.MixFailed>(failed =>
        {
            if (failed.Generation == _view?.Generation)
            {
                _coordinator.Tell(new CoordinatorCommands.FailRun(failed.Reason));
            }
        });
        Receive<MixerMessages.WantTeacher>(want => Publish(Sender, want.Version));
        Receive<Lost>(lost =>
        {
            _computing = false;
            lost.MicroBatches.ToList().ForEach(microBatch => _onOrder.Remove((_next, microBatch)));
            Advance();
        });
        Receive<Stepped>(Complete);
        Receive<Captured>(captured =>
        {
            _computing = false;
            Write(captured.Snapshot, drained: true);
        });
        Receive<Written>(Report);
        Receive<Retry>(_ => OrderAgain());
        Receive<Status.Failure>(failure => throw new InvalidOperationException($"The step after {_next} failed: {failure.Cause.Message}", failure.Cause));
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    private long Generation => _view?.Generation ?? 0;

    /// <summary>How to make one.</summary>
    public static Props Props(Settings settings, IActorRef coordinator, IActorRef mixer, IActorRef monitor) =>
        Akka.Actor.Props.Create(() => new TrainerActor(settings, coordinator, mixer, monitor));

    /// <inheritdoc/>
    protected override void PreStart()
    {
        Timers.StartPeriodicTimer("retry", Retry.Instance, RetryAfter);
        _coordinator.Tell(new CoordinatorCommands.RegisterTrainer(Self.Path.ToString()));
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        var (state, step) = (_state, _step);
        _ = _thread.Run(() =>
        {
            step?.Dispose();
            state?.Dispose();
            return true;
        });
        _thread.Dispose();
        _files.Dispose();
        _settings.Bundles.ReleaseOwner(Self.Path.ToString());
        ReleaseOrders();
    }

    private void Install(TrainerMessages.InstallView install)
    {
        if (install.View.Generation <= Generation)
        {
            return;
        }

        _view = install.View;
        _over = false;
        ReleaseOrders();
        var (generation, old, oldStep) = (Generation, _state, _step);
        (_state, _step) = (null, null);
        _thread.Run<object>(() =>
        {
            oldStep?.Dispose();
            old?.Dispose();
            var state = new TrainingState(_recipe, _settings.Model, TorchRuntime.DefaultDevice());
            if (install.Snapshot is { } name)
            {
                try
                {
                    SnapshotStore.Read(_settings.Snapshots.PathOf(name), state.Layout).RestoreTo(state);
                }
                catch (InvalidDataException error)
                {
                    state.Dispose();
                    return new Damaged(generation, name, error.Message);
                }
            }

            return new Loaded(generation, state, new TrainingStep(_recipe, state, _settings.Threads));
        }).PipeTo(Self, Self);
    }

    private void Begin(Loaded loaded)
    {
        if (loaded.Generation != Generation)
        {
            _ = _thread.Run(() =>
            {
                loaded.Step.Dispose();
                loaded.State.Dispose();
                return true;
            });
            return;
        }

        (_state, _step, _next, _computing) = (loaded.State, loaded.Step, loaded.State.Step, false);
        _lastCompleted = Stopwatch.GetTimestamp();
        foreach (var version in _state.Versions.Keys)
        {
            Publish(_mixer, version);
        }

        Advance();
    }

    private void Publish(IActorRef mixer, long version)
    {
        if (_state is not null && _state.Versions.TryGetValue(version, out var values))
        {
            Publish(mixer, version, values);
        }
    }

    private void Publish(IActorRef mixer, long version, float[] values) =>
        mixer.Tell(new MixerMessages.TeacherPublished(version, _settings.Bundles.Put(new Bundle.Builder().Add("parameters", values).Build(), Self.Path.ToString())));

    /// <summary>Orders ahead, and starts the next step when all of its micro-batches are here.</summary>
    private void Advance()
    {
        if (_state is null || _computing || _over || _writing > 1)
        {
            return;
        }

        if (_draining)
        {
            Capture();
            return;
        }

        if (_next == _recipe.Optimization.Steps)
        {
            _over = true;
            return;
        }

        Order();
        var microBatches = _recipe.Optimization.MicroBatches;
        var here = Enumerable.Range(0, microBatches).Select(m => _onOrder.GetValueOrDefault((_next, m))).OfType<MixerMessages.Mixed>().ToList();
        if (here.Count == microBatches)
        {
            Start(here);
        }
    }

    private void Order()
    {
        var v = _recipe.Optimization.MicroBatches;
        for (long ahead = 0; ahead < Math.Max(_recipe.Run.Prefetch, v); ahead++)
        {
            var key = (Step: _next + (ahead / v), MicroBatch: (int)(ahead % v));
            if (key.Step < _recipe.Optimization.Steps && _onOrder.TryAdd(key, null))
            {
                _mixer.Tell(new MixerMessages.Mix(Generation, key.Step, key.MicroBatch));
            }
        }
    }

    private void OrderAgain()
    {
        if (_view is null)
        {
            _coordinator.Tell(new CoordinatorCommands.RegisterTrainer(Self.Path.ToString()));
        }

        foreach (var (key, answer) in _onOrder.OrderBy(pair => pair.Key).ToList())
        {
            if (answer is null)
            {
                _mixer.Tell(new MixerMessages.Mix(Generation, key.Step, key.MicroBatch));
            }
        }
    }

    private void Accept(MixerMessages.Mixed mixed)
    {
        var key = (mixed.Step, mixed.MicroBatch);
        if (mixed.Generation != Generation || !_onOrder.TryGetValue(key, out var known) || known is not null)
        {
            _settings.Bundles.Release(mixed.Samples);
            _settings.Bundles.Release(mixed.Teacher);
            return;
        }

        _onOrder[key] = mixed;
        Advance();
    }

    private void Start(List<MixerMessages.Mixed> parts)
    {
        _computing = true;
        var (state, step, generation) = (_state!, _step!, Generation);
        _thread.Run<object>(() =>
        {
            var lost = new List<int>();
            var microBatches = new List<MicroBatch>();
            foreach (var part in parts)
            {
                using var samples = _settings.Bundles.Take(part.Samples);
                using var teacher = _settings.Bundles.Take(part.Teacher);
                if (samples is null || teacher is null)
                {
                    lost.Add(part.MicroBatch);
                }
                else
                {
                    microBatches.Add(MicroBatchAssembly.Assemble(part.MicroBatch, samples, teacher, part.Plan, _recipe, _settings.Model));
                }
            }

            if (lost.Count > 0)
            {
                return new Lost(generation, [.. parts.Select(part => part.MicroBatch)]);
            }

            var outcome = step.Run(microBatches);
            var due = double.IsFinite(outcome.GradientNorm) && SnapshotPlan.IsDue(_recipe, state.Step);
            return new Stepped(
                generation, outcome, state.Step, double.IsFinite(outcome.GradientNorm) ? state.PublishIfDue() : null, due ? SnapshotContent.Of(state) : null, parts);
        }).PipeTo(Self, Self);
    }

    private void Complete(Stepped done)
    {
        if (done.Generation != Generation)
        {
            return;
        }

        _computing = false;
        if (!double.IsFinite(done.Outcome.GradientNorm))
        {
            _over = true;
            _coordinator.Tell(new CoordinatorCommands.FailRun(
                $"step {_next + 1}: the gradient is not finite (losses: itc {done.Outcome.Losses.Itc:G4}, mix {done.Outcome.Losses.Mix:G4}, alignment {done.Outcome.Losses.Alignment:G4}); a smaller optimization.learningRate may help"));
            return;
        }

        for (var m = 0; m < _recipe.Optimization.MicroBatches; m++)
        {
            _onOrder.Remove((_next, m));
        }

        _next = done.Step;
        if (done.Published is { } published)
        {
            Publish(_mixer, published.Version, published.Values);
        }

        var drained = _draining && done.Snapshot is not null;
        if (done.Snapshot is { } snapshot)
        {
            Write(snapshot, drained);
        }

        _monitor.Tell(Describe(done));
        if (_next % ProgressEvery == 0)
        {
            _coordinator.Tell(new CoordinatorCommands.ReportProgress(Generation, _next));
        }

        Advance();
    }

    private MonitorMessages.StepApplied Describe(Stepped done)
    {
        var (seconds, now) = (Stopwatch.GetElapsedTime(_lastCompleted).TotalSeconds, Stopwatch.GetTimestamp());
        _lastCompleted = now;
        var (losses, outcome) = (done.Outcome.Losses, done.Outcome);
        var samples = _recipe.Optimization.MicroBatches * _recipe.Optimization.MicroBatchSize;
        return new MonitorMessages.StepApplied(
            new StepReport(
                done.Step, _recipe.Optimization.Steps, done.Used[0].Epoch, losses.Total, losses.Itc, losses.Mix, losses.Alignment, losses.AlignmentAccuracy,
                outcome.Temperature, outcome.LearningRate, outcome.GradientNorm, seconds, samples / seconds),
            [.. done.Used.SelectMany(part => part.Replacements)]);
    }

    private void Capture()
    {
        _over = true;
        _computing = true;
        var (state, generation) = (_state!, Generation);
        _thread.Run(() => new Captured(generation, SnapshotContent.Of(state))).PipeTo(Self, Self);
    }

    private void Write(SnapshotContent snapshot, bool drained)
    {
        _writing++;
        _over |= drained;
        var (layout, generation) = (_state!.Layout, Generation);
        _files.Run(() =>
        {
            try
            {
                var (name, fingerprint) = _settings.Snapshots.Write(snapshot, layout, _settings.Model, _settings.RecipeText, _recipe.Run.Seed);
                return new Written(generation, snapshot.Step, name, fingerprint, null, drained);
            }
            catch (IOException error)
            {
                return new Written(generation, snapshot.Step, null, null, error.Message, drained);
            }
        }).PipeTo(Self, Self);
    }

    private void Report(Written written)
    {
        _writing--;
        _coordinator.Tell(written.Failure is { } failure
            ? new CoordinatorCommands.ReportSnapshotFailed(written.Generation, written.Step, failure, written.Drained)
            : new CoordinatorCommands.ReportSnapshot(written.Generation, written.Step, written.Name!, written.Fingerprint!, written.Drained));
        Advance();
    }

    private void ReleaseOrders()
    {
        foreach (var mixed in _onOrder.Values.OfType<MixerMessages.Mixed>())
        {
            _settings.Bundles.Release(mixed.Samples);
            _settings.Bundles.Release(mixed.Teacher);
        }

        _onOrder.Clear();
    }
}
