using TiMix.Base;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Serving;
using TiMix.Protocol.Values;

namespace TiMix.Protocol.Tests.Simulation;

/// <summary>The shell of an evaluator.</summary>
internal sealed class EvaluatorShell(SimulatedProcess process, string address) : SimulatedActor(process, address)
{
    private readonly EvaluatorCore _core = new();

    /// <inheritdoc/>
    public override string Role => NodeRoles.Evaluator;

    /// <inheritdoc/>
    public override void Receive(string from, ITiMixMessage message) => Tell(new Received(from, message));

    private void Tell(IInput input)
    {
        foreach (var effect in _core.Handle(input, Cluster.Time.Now))
        {
            switch (effect)
            {
                case Send send:
                    Say(send.To, send.Message);
                    break;
                case EvaluatorEffects.Evaluate evaluate:
                    Cluster.Reach(Point.Evaluating, Process);
                    Later(Cluster.Chance.Between(20, 400), () => Tell(Evaluate(evaluate)));
                    break;
                default:
                    throw new SimulationFailure($"Nobody knows how to do {effect}.");
            }
        }
    }

    private IInput Evaluate(EvaluatorEffects.Evaluate evaluate)
    {
        if (Cluster.FailEvaluations > 0 && Cluster.FailEvaluations-- > 0)
        {
            return new EvaluatorInputs.Failed(evaluate.Step, "no memory");
        }

        return Cluster.Disk.ReadAt(evaluate.Snapshot) is null
            ? new EvaluatorInputs.Failed(evaluate.Step, "bits differ", evaluate.Snapshot)
            : new EvaluatorInputs.Evaluated(new EvaluationReport(
                evaluate.Step, [.. evaluate.Splits.Select(split => new SplitEvaluation(split, 1, MetricsOf(evaluate.Step)))]));
    }

    private static Dictionary<string, double> MetricsOf(long step) => new() { ["meanRecall"] = (step * 7) % 10 };
}
