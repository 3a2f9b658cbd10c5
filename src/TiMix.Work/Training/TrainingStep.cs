using System.Diagnostics;
using TiMix.Exchange.Reduction;
using TiMix.Learning.Model;
using TiMix.Learning.Objectives;
using TiMix.Learning.Steps;
using TiMix.Learning.Training;
using TiMix.Protocol.Training;
using TiMix.Protocol.Values;
using TiMix.Runs.Recipes;
using TiMix.Work.Compute;

namespace TiMix.Work.Training;

/// <summary>What one step came to.</summary>
/// <param name="Losses">Over the global batch.</param>
/// <param name="LearningRate">That was used.</param>
/// <param name="Temperature">τ after the step.</param>
/// <param name="GradientNorm">Before clipping; not finite: nothing was changed.</param>
/// <param name="Last">Whether somebody wanted this step to be the last of the view.</param>
/// <param name="Parts">Who summed what.</param>
/// <param name="OwnSeconds">Time spent on the own micro-batches, without waiting for anybody.</param>
/// <param name="ExchangeSeconds">Time spent on gather and all-reduce, waiting for peers included.</param>
/// <param name="UpdateSeconds">Time spent on checking and changing the state.</param>
public sealed record StepOutcome(
    StepLosses Losses, double LearningRate, double Temperature, double GradientNorm, bool Last, IReadOnlyList<StepPart> Parts, double OwnSeconds,
    double ExchangeSeconds = 0, double UpdateSeconds = 0)
{
    /// <summary>Whether somebody said that the next view begins after this step.</summary>
    public bool GoesOver { get; init; }

    /// <summary>Whose gradients are not finite, as far as it can be seen here; this trainer's own among them.</summary>
    public IReadOnlyList<Accusation> Accused { get; init; } = [];
}

/// <summary>
/// One step, from top to bottom, with no actor near: forward per micro-batch, gather in micro-batch order, loss over the global
/// batch, backward per micro-batch, sum over the fixed tree, one optimizer step. Micro-batches are spread over trainers and,
/// within one, over compute lanes; neither their numbers nor <c>graphsInMemory</c> reach the result.
/// </summary>
public sealed class TrainingStep : IDisposable
{
    private readonly Recipe _recipe;
    private readonly TrainingState _state;
    private readonly ComputeLanes _lanes;
    private readonly MicroBatchWorker[] _workers;
    private readonly TreeSum _sum;
    private readonly ParameterBuffer _total;

    /// <param name="recipe">Batch sizes, weights and schedules.</param>
    /// <param name="state">What is changed.</param>
    /// <param name="threads">Compute lanes; the calling thread is one of them.</param>
    public TrainingStep(Recipe recipe, TrainingState state, int threads)
    {
        _recipe = recipe;
        _state = state;
        _lanes = new ComputeLanes(Math.Clamp(threads, 1, recipe.Optimization.MicroBatches));
        _workers = [.. Enumerable.Range(0, _lanes.Count).Select(_ => new MicroBatchWorker(state.Model, state.Layout, state.Student.Values))];
        _sum = new TreeSum(recipe.Optimization.MicroBatches, checked((int)state.Layout.Length));
        _total = new ParameterBuffer(state.Layout, state.Student.Values.device);
    }

    /// <summary>Applies one step to the state, alone.</summary>
    /// <param name="microBatches">All V of the step <see cref="TrainingState.Step"/>, in order.</param>
    /// <exception cref="ArgumentException">Micro-batches are missing or out of order.</exception>
    public StepOutcome Run(IReadOnlyList<MicroBatch> microBatches) =>
        Run([.. microBatches.Select(batch => new AssembledMicroBatch(batch, new MicroBatchOrigin(batch.Index, 0, [], [])))], new NoPeers(), "", false);

    /// <summary>Applies one step to the state, together with the view's other trainers.</summary>
    /// <param name="own">This trainer's micro-batches of the step <see cref="TrainingState.Step"/>, ascending.</param>
    /// <param name="peers">The view.</param>
    /// <param name="trainer">This trainer's id.</param>
    /// <param name="last">Whether this trainer wants the step to be the last of the view.</param>
    /// <param name="reached">Told of each stage that the step comes to.</param>
    /// <param name="goesOver">Whether this trainer says that the next view begins after the step.</param>
    /// <exception cref="ArgumentException">Micro-batches are missing or out of order.</exception>
    /// <exception cref="IOException">A peer is gone; the state is as before.</exception>
    /// <exception cref="StepSpoiltException">Somebody's part cannot be used, or its state is not that of the others; the state is as before.</exception>
    /// <exception cref="StateDamagedException">This trainer's state is not what it was after its last step.</exception>
    public StepOutcome Run(
        IReadOnlyList<AssembledMicroBatch> own, IStepPeers peers, string trainer, bool last, Action<StepStage>? reached = null, bool goesOver = false)
    {
        CheckSizes(own);
        var settings = _recipe.SettingsAt(_state.Step);
        var (clock, exchange, update) = (Stopwatch.StartNew(), new Stopwatch(), new Stopwatch());
        try
        {
            var features = new MicroBatchFeatures[own.Count];
            EachOnItsLane(own, peers, (worker, i) => features[i] = worker.Forward(own[i].Batch, settings, keepGraph: i < _recipe.Run.GraphsInMemory));
            clock.Stop();

            exchange.Start();
            reached?.Invoke(StepStage.Gather);
            var parts = peers.Gather(
                _state.Step, new StepPart(
                    trainer, _state.Expected, last, [.. own.Select((prepared, i) => (GatheredMicroBatch.Of(prepared.Batch, features[i]), prepared.Origin))])
                {
                    GoesOver = goesOver,
                });
            exchange.Stop();
            CheckParts(peers.View, parts, settings);
            CheckReplicas(peers.View, trainer, parts);
            GatheredMicroBatch[] gathered = [.. parts.SelectMany(part => part.MicroBatches).Select(part => part.Batch)];
            CheckComplete(gathered);

            clock.Start();
            reached?.Invoke(StepStage.Backward);
            var (losses, gradients) = GlobalLoss.Compute(gathered, settings, _state.Student.LogitScale, _state.Model.EmbedDim);
            _sum.Reset();
            EachOnItsLane(own, peers, (worker, i) =>
            {
                worker.Backward(own[i].Batch, settings, gradients[own[i].Batch.Index]);
                _sum.Add(own[i].Batch.Index, worker.Gradients.Host());
            });
            clock.Stop();

            update.Start();
            _state.CheckIntact();
            update.Stop();
            exchange.Start();
            reached?.Invoke(StepStage.Reduce);
            Reduce(peers);
            exchange.Stop();
            update.Start();
            reached?.Invoke(StepStage.Update);
            var norm = _state.Apply(_total, settings);
            var outcome = new StepOutcome(
                losses, settings.LearningRate, Math.Exp(-_state.Student.LogitScale), norm, parts.Any(part => part.Last), parts,
                clock.Elapsed.TotalSeconds, exchange.Elapsed.TotalSeconds, update.Elapsed.TotalSeconds)
            {
                GoesOver = parts.Any(part => part.GoesOver),
            };
            return double.IsFinite(norm) ? outcome : outcome with { Accused = WhoSpoilt(peers, trainer, outcome) };
        }
        catch
        {
            foreach (var worker in _workers)
            {
                worker.ForgetAll();
            }

            throw;
        }
    }

    /// <summary>[parameters]: the gradient that the last step was made of, before clipping.</summary>
    public ParameterBuffer Sum => _total;

    /// <summary>Does to the state what a step did to the same state elsewhere.</summary>
    /// <param name="sum">[parameters]: that step's <see cref="Sum"/>.</param>
    public void Follow(ReadOnlySpan<float> sum)
    {
        _total.CopyFrom(sum);
        _state.Apply(_total, _recipe.SettingsAt(_state.Step));
    }

    /// <summary>
    /// Computes a made-up micro-batch forward and backward on every lane and applies nothing: the first of a process takes several
    /// times as long as any later one, and who joins others would make all of them wait for it.
    /// </summary>
    public void WarmUp()
    {
        var settings = _recipe.SettingsAt(0) with { DistillAlpha = 0, Objectives = [.. KnownObjectives.All.Where(objective => !objective.Fuses)] };
        var batch = MadeUpMicroBatch.Of(_recipe, _state.Model);
        var features = new MicroBatchFeatures[_lanes.Count];
        _lanes.Run(lane => features[lane] = _workers[lane].Forward(batch, settings, keepGraph: true));
        GatheredMicroBatch[] gathered =
            [.. Enumerable.Range(0, _recipe.Optimization.MicroBatches).Select(index => GatheredMicroBatch.Of(batch, features[0] with { Index = index }))];
        var (_, gradients) = GlobalLoss.Compute(gathered, settings, _state.Student.LogitScale, _state.Model.EmbedDim);
        _lanes.Run(lane => _workers[lane].Backward(batch, settings, gradients[0]));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _lanes.Dispose();
        foreach (var worker in _workers)
        {
            worker.Dispose();
        }

        _sum.Dispose();
        _total.Dispose();
    }

    private void Reduce(IStepPeers peers)
    {
        if (_total.OnHost)
        {
            peers.Reduce(_state.Step, _sum, _total.Floats);
            return;
        }

        var sum = new float[_state.Layout.Length];
        peers.Reduce(_state.Step, _sum, sum);
        _total.CopyFrom(sum);
    }

    private void EachOnItsLane(IReadOnlyList<AssembledMicroBatch> own, IStepPeers peers, Action<MicroBatchWorker, int> work) => _lanes.Run(lane =>
    {
        for (var i = lane; i < own.Count; i += _lanes.Count)
        {
            peers.ThrowIfBroken();
            work(_workers[lane], i);
        }
    });

    /// <summary>A trainer without peers need not look at its own part: what is not finite in it shows in its gradient.</summary>
    private void CheckParts(View? view, IReadOnlyList<StepPart> parts, StepSettings settings)
    {
        if (view is { Shares.Count: > 1 }
            && new PartCheck(settings, _recipe.Optimization.MicroBatchSize, _state.Model.EmbedDim).WrongIn(view, parts) is { Count: > 0 } accused)
        {
            throw new StepSpoiltException(accused);
        }
    }

    private void CheckReplicas(View? view, string trainer, IReadOnlyList<StepPart> parts)
    {
        if (view is not null && parts.Any(part => part.StateHash != parts[0].StateHash))
        {
            throw new StepSpoiltException(
                StateVotes.Against(view, [.. parts.Select(part => part.StateHash)], trainer, _state.Step),
                $"after step {_state.Step} the replicas differ: {string.Join(", ", parts.Select(part => $"{part.Trainer} {part.StateHash:x16}"))}");
        }
    }

    /// <summary>The sum is not finite: looks at the own summands, and asks what can be seen of the others'.</summary>
    private IReadOnlyList<Accusation> WhoSpoilt(IStepPeers peers, string trainer, StepOutcome outcome)
    {
        var own = _sum.Partials.Where(part => !Finite.All(part.Values.Floats)).SelectMany(part => Enumerable.Range(part.Lo, part.Hi - part.Lo)).ToArray();
        var seen = peers.Examine(_state.Step, _total.Host());
        return own.Length == 0 && peers.View is { Shares.Count: > 1 } ? seen
            : [new Accusation(trainer, OffenceKind.NotFinite, _state.Step, own, StepDescription.NotFinite(_state.Step, outcome)), .. seen];
    }

    private void CheckSizes(IReadOnlyList<AssembledMicroBatch> own)
    {
        foreach (var prepared in own)
        {
            if (prepared.Batch.Count != _recipe.Optimization.MicroBatchSize)
            {
                throw new ArgumentException(
                    $"Micro-batch {prepared.Batch.Index} has {prepared.Batch.Count} samples; expected {_recipe.Optimization.MicroBatchSize}.", nameof(own));
            }
        }
    }

    private void CheckComplete(GatheredMicroBatch[] gathered)
    {
        if (!gathered.Select(batch => batch.Features.Index).SequenceEqual(Enumerable.Range(0, _recipe.Optimization.MicroBatches)))
        {
            throw new ArgumentException(
                $"A step takes the micro-batches 0 to {_recipe.Optimization.MicroBatches - 1} in order, got "
                + $"{string.Join(", ", gathered.Select(batch => batch.Features.Index))}.");
        }
    }
}
