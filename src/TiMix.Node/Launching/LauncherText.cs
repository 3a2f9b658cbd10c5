using TiMix.Protocol.Launching;
using static TiMix.Protocol.Messages.CoordinatorCommands;

namespace TiMix.Node.Launching;

/// <summary>What a launcher says, in words.</summary>
internal static class LauncherText
{
    /// <summary>A notice.</summary>
    public static string Of(LauncherNotice notice) => notice switch
    {
        LauncherNotice.HasLeft left => $"{left.Node} has left",
        LauncherNotice.DiedLeaving died => $"{died.Node} died while it was leaving: {Cause(died.ExitCode)}",
        LauncherNotice.Died died => FormattableString.Invariant(
            $"{died.Node} died ({Cause(died.ExitCode)}); it starts again in {died.Pause / 1000.0:0.#} s{(died.LastLine is null ? "" : ": " + died.LastLine)}"),
        LauncherNotice.Hangs hangs => $"{hangs.Node} hangs ({hangs.Reason}): its process is ended",
        LauncherNotice.GoesOn goesOn => $"{goesOn.Node} goes on",
        LauncherNotice.IsNotBack missing => $"{missing.Node} has not come back after its fault: its process is ended",
        LauncherNotice.Injected { Fault: var fault } injected => FormattableString.Invariant(
            $"fault at step {injected.Step}: {fault.Word} {injected.Node}{(fault.Duration == TimeSpan.Zero ? "" : $" for {fault.Duration.TotalSeconds:0.#} s")}"),
        LauncherNotice.HitsNobody { Fault: var fault } nobody => $"fault {fault}: no living node is meant by \"{fault.Target}\"; living: {string.Join(", ", nobody.Living)}",
        LauncherNotice.Stopping => "stopping after this step",
        _ => throw new ArgumentOutOfRangeException(nameof(notice)),
    };

    /// <summary>Why a run was given up.</summary>
    public static string Of(LauncherFailure failure) => failure switch
    {
        LauncherFailure.CouldNotStart mistaken => $"{mistaken.Node} could not start: {string.Join(" | ", mistaken.LastLines)}",
        LauncherFailure.DiedTooOften died =>
            $"{died.Node} died ({Cause(died.ExitCode)}) after {died.Restarts} restarts, which is the limit (--max-restarts); it wrote last: {(died.LastLines.Count == 0 ? "nothing" : string.Join(" | ", died.LastLines))}",
        _ => throw new ArgumentOutOfRangeException(nameof(failure)),
    };

    /// <summary>What becomes of a wish.</summary>
    public static Answer Of(LauncherAnswer answer) => answer switch
    {
        LauncherAnswer.NotBegun => new Answer(false, "The run has not begun yet; try again in a moment."),
        LauncherAnswer.NeedsMore few => new Answer(false, $"The run needs {few.Needed} trainers (--min-trainers); with {few.Wanted} it would wait."),
        LauncherAnswer.AlreadyThere there => new Answer(true, $"There are {there.Trainers} trainers already."),
        LauncherAnswer.Coming coming => new Answer(
            true,
            $"{string.Join(", ", coming.Nodes)} {(coming.Nodes.Count == 1 ? "starts" : "start")}, takes the weights over from the others and joins after a step, in some seconds; then {coming.Trainers} share the micro-batches."),
        LauncherAnswer.Going going => new Answer(
            true,
            $"{string.Join(", ", going.Nodes)} {(going.Nodes.Count == 1 ? "finishes its step and leaves" : "finish their step and leave")}; {(going.Trainers == 1 ? "the one that stays takes" : $"the {going.Trainers} that stay take")} the micro-batches over."),
        LauncherAnswer.Unknown unknown => new Answer(false, $"There is no node {unknown.Node}; there are {string.Join(", ", unknown.Present)}.", Unknown: true),
        LauncherAnswer.NoTrainer { Node: var node } other => new Answer(
            false,
            $"{node.Name} is no trainer ({string.Join(", ", node.Roles)}): the run needs it, and the launcher would start it again. Trainers: {string.Join(", ", other.Trainers)}."),
        LauncherAnswer.Indispensable needed => new Answer(
            false,
            $"Without {needed.Node} there would be {needed.Left} trainers, and the run needs {needed.Needed}: \"scale\" up first, or \"pause\" or \"stop\" the run."),
        LauncherAnswer.Leaves leaves => new Answer(
            true,
            $"{leaves.Node} finishes its step and leaves; the other {leaves.Left} {(leaves.Left == 1 ? "trainer takes" : "trainers take")} its micro-batches over. \"scale trainers={leaves.Left + 1}\" starts another."),
        _ => throw new ArgumentOutOfRangeException(nameof(answer)),
    };

    private static string Cause(int exitCode) => exitCode > 128 ? $"signal {exitCode - 128}" : $"exit code {exitCode}";
}
