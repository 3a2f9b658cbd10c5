using TiMix.Protocol.Coordination;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Values;
using static TiMix.Protocol.Messages.CoordinatorEvents;

namespace TiMix.Protocol.Tests.Coordination;

public sealed class StatusCheckTests
{
    private static readonly RunState Run = new IEvent[]
    {
        new RunStarted("{}", 100, 4, 1), Proposed(1, 0, "a"), new ViewInstalled(1, 10), Proposed(2, 20, "a", "b"), new ViewInstalled(2, 20),
        Proposed(5, 40, "a", "b"),
    }.Aggregate(RunState.Empty, (run, happened) => run.Apply(happened));

    [Theory]
    [InlineData("new", 0, 0, -1, true)]
    [InlineData("new", 5, 0, -1, true)]
    [InlineData("new", 6, 0, -1, false)]
    [InlineData("new", 0, 0, 7, false)]
    [InlineData("phantom", 5, 5, 90_000, false)]
    [InlineData("phantom", 2, 2, 20, false)]
    [InlineData("b", 2, 1, 10, false)]
    [InlineData("b", 2, 2, 20, true)]
    [InlineData("b", 2, 2, 19, false)]
    [InlineData("b", 2, 2, 100, true)]
    [InlineData("b", 2, 2, 101, false)]
    [InlineData("b", 5, 5, 40, true)]
    [InlineData("b", 5, 5, 41, false)]
    [InlineData("b", 5, 3, 40, false)]
    [InlineData("b", 5, 2, -1, true)]
    [InlineData("b", long.MaxValue, long.MaxValue, 40, false)]
    [InlineData("b", 2, 5, 40, false)]
    [InlineData("b", 2, -1, 40, false)]
    [InlineData("b", 2, 2, -2, false)]
    public void A_state_is_of_a_view_that_was_and_that_its_trainer_was_in(string trainer, long generation, long stateGeneration, long applied, bool canBe) =>
        Assert.Equal(canBe, StatusCheck.CanBe(
            new TrainerStatus(trainer, "n", 1, "e", "cpu", TrainerPhase.Idle, generation, stateGeneration, applied, null, [], false, 0), Run));

    [Fact]
    public void A_phantom_is_not_heard_and_nobody_speaks_in_the_name_of_another()
    {
        var desk = new CoordinatorDesk();
        desk.All(TrainerPhase.Idle, 0, -1, null, "a", "b");
        var before = desk.Core.Run;
        desk.Hear("phantom", new TrainerStatus("x", "x", 1, "e", "cpu", TrainerPhase.Stopped, 90_000, 90_000, 90_000, "h", [], false, 0));
        desk.Hear("elsewhere", new TrainerStatus("a", "a", long.MaxValue, "e", "cpu", TrainerPhase.Aborted, 0, 0, -1, null, ["b"], true, 0));
        Assert.Same(before, desk.Core.Run);
        Assert.Empty(desk.SentTo("phantom"));
        Assert.Empty(desk.SentTo("elsewhere"));
    }

    private static ViewProposed Proposed(long generation, long step, params string[] trainers) => new(
        new View(generation, step, [.. trainers.Select((trainer, i) => new Share(trainer, trainer, "e", i, 1))]), [], 1,
        new ViewCause(ViewCauseKind.Joins), 1, 1);
}
