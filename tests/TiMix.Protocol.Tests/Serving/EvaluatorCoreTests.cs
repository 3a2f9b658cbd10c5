using TiMix.Protocol.Messages;
using TiMix.Protocol.Serving;

namespace TiMix.Protocol.Tests.Serving;

public sealed class EvaluatorCoreTests
{
    private static readonly string[] Splits = ["validation"];
    private readonly EvaluatorCore _evaluator = new();

    [Fact]
    public void A_snapshot_that_is_asked_for_twice_is_evaluated_once_and_whoever_asked_last_is_answered()
    {
        Assert.Equal([new EvaluatorEffects.Evaluate(20, "step-20", Splits)], Ask("c1", 20));
        Assert.Equal([new EvaluatorEffects.Evaluate(40, "step-40", Splits)], Ask("c1", 40));
        Assert.Empty(Ask("c2", 20));
        Assert.Equal([new Send("c2", new EvaluatorMessages.EvaluationFailed(20, "torn"))], Do(new EvaluatorInputs.Failed(20, "torn")));
        Assert.Equal([new Send("c1", new EvaluatorMessages.EvaluationFailed(40, "torn"))], Do(new EvaluatorInputs.Failed(40, "torn")));
        Assert.Equal([new EvaluatorEffects.Evaluate(20, "step-20", Splits)], Ask("c2", 20));
    }

    private IReadOnlyList<IEffect> Ask(string from, long step) => Do(new Received(from, new EvaluatorMessages.Evaluate(step, $"step-{step}", Splits)));

    private IReadOnlyList<IEffect> Do(IInput input) => _evaluator.Handle(input, 0);
}
