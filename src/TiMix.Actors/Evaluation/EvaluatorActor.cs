using Akka.Actor;
using Akka.Event;
using TiMix.Data.Loading;
using TiMix.Protocol.Messages;
using TiMix.Runs.Recipes;
using TiMix.Runs.Snapshots;
using TiMix.Runs.Sources;
using TiMix.Work.Compute;
using TiMix.Work.Evaluation;

namespace TiMix.Actors.Evaluation;

/// <summary>Evaluates snapshots from the disk, one after the other, on a compute thread of its own.</summary>
public sealed class EvaluatorActor : ReceiveActor
{
    private sealed record Done(long Step, IActorRef Asker, object Answer) : INoSerializationVerificationNeeded;

    private readonly ComputeThread _thread = new("evaluator");
    private readonly CancellationTokenSource _stopped = new();
    private readonly HashSet<long> _underWay = [];
    private readonly ILoggingAdapter _log = Context.GetLogger();

    // Of the compute thread.
    private readonly Dictionary<string, EvaluationReader> _readers = new(StringComparer.Ordinal);
    private EvaluationReader? _trainProbe;

    /// <param name="recipe">Splits and lengths.</param>
    /// <param name="data">Where the splits are.</param>
    public EvaluatorActor(Recipe recipe, RunData data)
    {
        Receive<EvaluatorMessages.Evaluate>(request =>
        {
            var asker = Sender;
            if (!_underWay.Add(request.Step))
            {
                return;
            }

            _thread.Run(() => new Done(request.Step, asker, Evaluate(request, recipe, data, _stopped.Token))).PipeTo(Self, Self);
        });
        Receive<Done>(done =>
        {
            _underWay.Remove(done.Step);
            done.Asker.Tell(done.Answer);
        });
        Receive<Status.Failure>(failure => throw new InvalidOperationException($"Evaluating failed: {failure.Cause.Message}", failure.Cause));
    }

    /// <summary>How to make one.</summary>
    public static Props Props(Recipe recipe, RunData data) => Akka.Actor.Props.Create(() => new EvaluatorActor(recipe, data));

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _stopped.Cancel();
        _thread.Dispose();
    }

    private object Evaluate(EvaluatorMessages.Evaluate request, Recipe recipe, RunData data, CancellationToken stop)
    {
        try
        {
            var (manifest, parameters) = SnapshotStore.ReadParameters(request.Snapshot);
            if (_readers.Count == 0)
            {
                _trainProbe = data.OpenTrainProbe(manifest.Model, out var missing);
                if (missing is not null)
                {
                    _log.Warning("{0}", missing);
                }
            }

            var splits = new List<EvaluatedSplit>();
            foreach (var split in request.Splits)
            {
                if (!_readers.TryGetValue(split, out var reader))
                {
                    _readers.Add(split, reader = data.OpenReader(split, manifest.Model));
                }

                splits.Add(new EvaluatedSplit(split, reader));
            }

            return new EvaluatorMessages.Evaluated(TaskEvaluator.Evaluate(request.Step, splits, _trainProbe, recipe, data, manifest.Model, parameters, false, stop));
        }
        catch (Exception error)
        {
            return new EvaluatorMessages.EvaluationFailed(request.Step, error.Message);
        }
    }
}
