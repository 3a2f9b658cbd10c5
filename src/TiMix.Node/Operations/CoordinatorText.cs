using TiMix.Protocol.Messages;

namespace TiMix.Node.Operations;

/// <summary>What the coordinator answers, in words.</summary>
internal static class CoordinatorText
{
    /// <summary>What becomes of a wish.</summary>
    public static OperationsAnswer Of(CoordinatorAnswer answer) =>
        OperationsAnswer.Of(answer, answer.Done, TextOf(answer)) with { Unknown = answer is CoordinatorAnswer.UnknownNode };

    private static string TextOf(CoordinatorAnswer answer) => answer switch
    {
        CoordinatorAnswer.Pauses pauses => $"All trainers hold still after the step they are at (step {pauses.Step} or a few more); "
            + "nodes and their states stay. "
            + "\"continue\" goes on; \"stop\" ends the run with a snapshot.",
        CoordinatorAnswer.Continues continues => $"The run goes on after step {continues.Step}.",
        CoordinatorAnswer.Stops => "The run finishes its step, writes a snapshot and ends; \"timix resume\" goes on with it.",
        CoordinatorAnswer.SnapshotComes comes => $"A snapshot of step {comes.Step} or the next one after it is written.",
        CoordinatorAnswer.SnapshotThere there => $"There is a snapshot of step {there.Step} already.",
        CoordinatorAnswer.ServiceLeaves leaves => $"{leaves.Node} leaves.",
        CoordinatorAnswer.TrainerLeaves leaves => $"{leaves.Node} finishes its step, hands its micro-batches to the other trainers and leaves.",
        CoordinatorAnswer.LastTrainerLeaves leaves =>
            $"{leaves.Node} finishes its step, writes a snapshot and leaves. It is the last trainer: the run waits for another.",
        CoordinatorAnswer.PausedAlready => "The run is paused already.",
        CoordinatorAnswer.NotPaused => "The run is not paused.",
        CoordinatorAnswer.NotBegun => "The run has not begun yet; try again in a moment.",
        CoordinatorAnswer.StandsStill stands => $"The run stands still ({stands.Reason}); \"timix resume\" goes on with it.",
        CoordinatorAnswer.AllStepsDone => "All steps are done; the run ends after its last evaluation.",
        CoordinatorAnswer.Finished => "The run is finished.",
        CoordinatorAnswer.NoState => "No trainer has a state to write down yet.",
        CoordinatorAnswer.UnknownNode unknown => $"There is no node {unknown.Node}; there are {string.Join(", ", unknown.Present)}.",
        CoordinatorAnswer.Indispensable needed =>
            $"{needed.Node} is the only {needed.Role}, and the run needs one: start another first, or \"stop\" the run.",
        CoordinatorAnswer.BeingPrepared => "The run is still being prepared; try again in a moment.",
        CoordinatorAnswer.Silent silent => $"The coordinator has not answered for {silent.Seconds:0} s; it may be starting anew. It is not known whether "
            + "the wish has reached it: see the status, and try again.",
        _ => throw new ArgumentOutOfRangeException(nameof(answer)),
    };
}
