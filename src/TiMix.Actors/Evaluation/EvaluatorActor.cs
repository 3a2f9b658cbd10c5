using Akka.Actor;
using Akka.Event;
using TiMix.Actors.Entering;
using TiMix.Actors.Messages;
using TiMix.Data.Loading;
using TiMix.Learning.Model;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Serving;
using TiMix.Runs.Recipes;
using TiMix.Runs.Snapshots;
using TiMix.Runs.Sources;
using TiMix.Work.Compute;
using TiMix.Work.Evaluation;

namespace TiMix.Actors.Evaluation;

/// <summary>The shell of <see cref="EvaluatorCore"/>: evaluates snapshots from the disk on a compute thread of its own.</summary>
public sealed class EvaluatorActor : EnteredActor
{
    private readonly EvaluatorCore _core = new();
    private readonly Addresses _addresses = new(Context.System);
    private readonly ComputeThread _thread = new("evaluator");
    private readonly CancellationTokenSource _stopped = new();
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Recipe _recipe;
    private readonly RunData _data;
    private readonly SnapshotStore _snapshots;

    // Of the compute thread.
    private readonly Dictionary<string, EvaluationReader> _readers = new(StringComparer.Ordinal);
    private EvaluationReader? _trainProbe;

    /// <param name="recipe">Splits and lengths.</param>
    /// <param name="data">Where the splits are.</param>
    /// <param name="snapshots">Of the run; what others call a snapshot's place is not looked at.</param>
    public EvaluatorActor(Recipe recipe, RunData data, SnapshotStore snapshots)
        : base(ActorKind.Evaluator)
    {
        (_recipe, _data, _snapshots) = (recipe, data, snapshots);
        Receive<ITiMixMessage>(message => Handle(new Received(Addresses.Of(Sender), message)));
        Receive<IInput>(Handle);
        Receive<Status.Failure>(failure => throw new InvalidOperationException($"Evaluating failed: {failure.Cause.Message}", failure.Cause));
    }

    /// <summary>How to make one.</summary>
    public static Props Props(Recipe recipe, RunData data, SnapshotStore snapshots) =>
        Akka.Actor.Props.Create(() => new EvaluatorActor(recipe, data, snapshots));

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _stopped.Cancel();
        _thread.Dispose();
    }

    private void Handle(IInput input)
    {
        foreach (var effect in _core.Handle(input, Environment.TickCount64))
        {
            switch (effect)
            {
                case Send send:
                    _addresses.Find(send.To).Tell(send.Message);
                    break;
                case EvaluatorEffects.Evaluate evaluate:
                    _thread.Run(() => Evaluate(evaluate, _stopped.Token)).PipeTo(Self, Self);
                    break;
            }
        }
    }

    private IInput Evaluate(EvaluatorEffects.Evaluate request, CancellationToken stop)
    {
        var isRead = false;
        try
        {
            var (manifest, parameters) = SnapshotStore.ReadParameters(_snapshots.PathOf(SnapshotStore.NameOf(request.Step)));
            isRead = true;
            if (_readers.Count == 0)
            {
                _trainProbe = _data.OpenTrainProbe(manifest.Model, out var missing);
                if (missing is not null)
                {
                    _log.Warning("{0}", missing);
                }
            }

            var splits = request.Splits.Select(split => new EvaluatedSplit(split, ReaderOf(split, manifest.Model))).ToList();
            var report = TaskEvaluator.Evaluate(request.Step, splits, _trainProbe, _recipe, _data, manifest.Model, parameters, false, stop);
            return new EvaluatorInputs.Evaluated(report);
        }
        catch (Exception error) when (!isRead && error is (InvalidDataException or IOException or UnauthorizedAccessException))
        {
            return new EvaluatorInputs.Failed(request.Step, error.Message, Damaged: request.Snapshot);
        }
        catch (Exception error)
        {
            return new EvaluatorInputs.Failed(request.Step, error.Message);
        }
    }

    private EvaluationReader ReaderOf(string split, ModelConfig model)
    {
        if (!_readers.TryGetValue(split, out var reader))
        {
            _readers.Add(split, reader = _data.OpenReader(split, model));
        }

        return reader;
    }
}
