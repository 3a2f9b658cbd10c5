using TiMix.Protocol.Values;

namespace TiMix.Protocol.Tests.Values;

public sealed class RunPlanTests
{
    private static readonly RunPlan Plan = new()
    {
        Steps = 40,
        MicroBatches = 2,
        SnapshotEvery = 10,
        EvaluateEvery = 15,
        SplitsWhileTraining = ["validation"],
        SplitsAtEnd = ["validation", "test"],
    };

    [Theory]
    [InlineData(10, true, false)]
    [InlineData(15, true, true)]
    [InlineData(20, true, false)]
    [InlineData(7, false, false)]
    [InlineData(40, true, true)]
    public void Snapshots_are_due_on_their_own_for_evaluations_and_at_the_end(long step, bool snapshot, bool evaluation)
    {
        Assert.Equal(snapshot, Plan.IsSnapshotDue(step));
        Assert.Equal(evaluation, Plan.IsEvaluationDue(step));
    }

    [Fact]
    public void Without_a_validation_split_nothing_is_evaluated_before_the_end()
    {
        var plan = Plan with { SplitsWhileTraining = [] };
        Assert.False(plan.IsSnapshotDue(15));
        Assert.False(plan.IsEvaluationDue(15));
        Assert.True(plan.IsEvaluationDue(40));
    }

    [Fact]
    public void While_training_fewer_splits_are_evaluated_than_at_the_end()
    {
        Assert.Equal(["validation"], Plan.SplitsToEvaluateAt(15));
        Assert.Equal(["validation", "test"], Plan.SplitsToEvaluateAt(40));
    }
}
