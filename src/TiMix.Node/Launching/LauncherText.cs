using TiMix.Node.Operations;
using TiMix.Protocol.Launching;
using TiMix.Runs.Observing;

namespace TiMix.Node.Launching;

/// <summary>What a launcher says, in words.</summary>
internal static class LauncherText
{
    /// <summary>Why a run was given up.</summary>
    public static string Of(LauncherFailure failure) => failure switch
    {
        LauncherFailure.CouldNotStart mistaken => $"{mistaken.Node} could not start: {string.Join(" | ", mistaken.LastLines)}",
        LauncherFailure.DiedTooOften died =>
            $"{died.Node} died ({NoticeText.CauseOf(died.ExitCode)}) after {died.Restarts} restarts, which is the limit (--max-restarts); "
            + $"it wrote last: {(died.LastLines.Count == 0 ? "nothing" : string.Join(" | ", died.LastLines))}",
        _ => throw new ArgumentOutOfRangeException(nameof(failure)),
    };

    /// <summary>What becomes of a wish.</summary>
    public static OperationsAnswer Of(LauncherAnswer answer) =>
        OperationsAnswer.Of(answer, answer.Done, TextOf(answer)) with { Unknown = answer is LauncherAnswer.UnknownNode };

    private static string TextOf(LauncherAnswer answer) => answer switch
    {
        LauncherAnswer.NotBegun => "The run has not begun yet; try again in a moment.",
        LauncherAnswer.NeedsMore few => $"The run needs {few.Needed} trainers (--min-trainers); with {few.Wanted} it would wait.",
        LauncherAnswer.TooMany many =>
            $"A step has {many.MicroBatches} micro-batches (optimization.microBatches), so {many.MicroBatches} trainers at most have work; {many.Wanted} are "
            + "too many.",
        LauncherAnswer.AlreadyThere there => $"There are {there.Trainers} trainers already.",
        LauncherAnswer.Coming coming =>
            $"{string.Join(", ", coming.Nodes)} {(coming.Nodes.Count == 1 ? "starts, takes" : "start, take")} the weights over from the others "
            + $"and {(coming.Nodes.Count == 1 ? "joins" : "join")} after a step, in some seconds; then {coming.Trainers} share the micro-batches."
            + (coming.Trainers <= coming.Room ? "" : $" This machine has processors for {coming.Room}: more of them make each other late."),
        LauncherAnswer.Going going =>
            $"{string.Join(", ", going.Nodes)} {(going.Nodes.Count == 1 ? "finishes its step and leaves" : "finish their step and leave")}; "
            + $"{(going.Trainers == 1 ? "the one that stays takes" : $"the {going.Trainers} that stay take")} the micro-batches over.",
        LauncherAnswer.UnknownNode unknown => $"There is no node {unknown.Node}; there are {string.Join(", ", unknown.Present)}.",
        LauncherAnswer.NoTrainer { Node: var node } other =>
            $"{node.Name} is no trainer ({string.Join(", ", node.Roles)}): the run needs it, and the launcher would start it again. "
            + $"Trainers: {string.Join(", ", other.Trainers)}.",
        LauncherAnswer.Indispensable needed =>
            $"Without {needed.Node} there would be {needed.Left} trainers, and the run needs {needed.Needed}: "
                + "\"scale\" up first, or \"pause\" or \"stop\" the run.",
        LauncherAnswer.TrainerLeaves leaves =>
            $"{leaves.Node} finishes its step and leaves; the other {leaves.Left} {(leaves.Left == 1 ? "trainer takes" : "trainers take")} "
                + "its micro-batches over. "
            + $"\"scale trainers={leaves.Left + 1}\" starts another.",
        LauncherAnswer.Busy => "The launcher is busy starting or ending processes; see the status, and try again.",
        _ => throw new ArgumentOutOfRangeException(nameof(answer)),
    };
}
