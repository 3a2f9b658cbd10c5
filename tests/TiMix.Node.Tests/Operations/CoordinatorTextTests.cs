using TiMix.Node.Operations;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Values;
using static TiMix.Protocol.Messages.CoordinatorAnswer;

namespace TiMix.Node.Tests.Operations;

/// <summary>What users and their programs are answered, word for word.</summary>
public sealed class CoordinatorTextTests
{
    private static readonly (CoordinatorAnswer Answer, string Code, string Text)[] Granted =
    [
        (
            new Pauses(7), "pauses",
            "All trainers hold still after the step they are at (step 7 or a few more); nodes and their states stay. "
                + "\"continue\" goes on; \"stop\" ends the run with a snapshot."),
        (new Continues(7), "continues", "The run goes on after step 7."),
        (new Stops(), "stops", "The run finishes its step, writes a snapshot and ends; \"timix resume\" goes on with it."),
        (new SnapshotComes(8), "snapshot-comes", "A snapshot of step 8 or the next one after it is written."),
        (new SnapshotThere(8), "snapshot-there", "There is a snapshot of step 8 already."),
        (new ServiceLeaves("mixer-2"), "service-leaves", "mixer-2 leaves."),
        (new TrainerLeaves("t2"), "trainer-leaves", "t2 finishes its step, hands its micro-batches to the other trainers and leaves."),
        (
            new LastTrainerLeaves("t1"), "last-trainer-leaves",
            "t1 finishes its step, writes a snapshot and leaves. It is the last trainer: the run waits for another."),
    ];

    private static readonly (CoordinatorAnswer Answer, string Code, string Text)[] Refused =
    [
        (new PausedAlready(), "paused-already", "The run is paused already."),
        (new NotPaused(), "not-paused", "The run is not paused."),
        (new NotBegun(), "not-begun", "The run has not begun yet; try again in a moment."),
        (
            new StandsStill(new StopReason(StopKind.Failed, Said: "no disk")), "stands-still",
            "The run stands still (no disk); \"timix resume\" goes on with it."),
        (new AllStepsDone(), "all-steps-done", "All steps are done; the run ends after its last evaluation."),
        (new Finished(), "finished", "The run is finished."),
        (new NoState(), "no-state", "No trainer has a state to write down yet."),
        (new UnknownNode("x", ["y", "z"]), "unknown-node", "There is no node x; there are y, z."),
        (
            new Indispensable("services", "mixer"), "indispensable",
            "services is the only mixer, and the run needs one: start another first, or \"stop\" the run."),
        (new BeingPrepared(), "being-prepared", "The run is still being prepared; try again in a moment."),
        (
            new Silent(5), "silent",
            "The coordinator has not answered for 5 s; it may be starting anew. It is not known whether the wish has reached it: "
                + "see the status, and try again."),
    ];

    [Fact]
    public void Every_answer_has_its_words_and_its_code()
    {
        Assert.All(Granted, granted => Assert.Equal(new OperationsAnswer(true, granted.Text, granted.Code), CoordinatorText.Of(granted.Answer)));
        Assert.All(Refused, refused => Assert.Equal(
            new OperationsAnswer(false, refused.Text, refused.Code) { Unknown = refused.Answer is UnknownNode }, CoordinatorText.Of(refused.Answer)));
        Assert.Equal(
            Examples.Closed(typeof(CoordinatorAnswer)).ToHashSet(), Granted.Concat(Refused).Select(answer => answer.Answer.GetType()).ToHashSet());
    }

    [Fact]
    public async Task Without_a_way_to_the_coordinator_a_wish_is_refused_and_without_a_launcher_it_is_said_who_starts_trainers()
    {
        var control = new ClusterControl(() => null, "Start them yourself.");
        Assert.Equal("being-prepared", (await control.PauseAsync()).Code);
        Assert.Equal(new OperationsAnswer(false, "Start them yourself.", "cannot-scale"), await control.ScaleAsync(3));
    }
}
