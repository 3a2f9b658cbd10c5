using TiMix.Base;
using TiMix.Protocol.Notices;

namespace TiMix.Runs.Observing;

/// <summary>What the user is told, in words.</summary>
public static class NoticeText
{
    /// <summary>A sentence, or a line.</summary>
    public static string Of(Notice notice) => Printable.Of(TextOf(notice));

    private static string TextOf(Notice notice) => notice switch
    {
        Notice.Resumed resumed => $"Goes on after step {resumed.Step} of {resumed.Steps}.",
        Notice.Waiting waiting => $"Waiting: {waiting.For}.",
        Notice.SnapshotsAdopted adopted =>
            $"The journal knew nothing of this run, but {adopted.Count} of its snapshots are here: it goes on after step {adopted.Step}.",
        Notice.SnapshotNotWritten failed => $"The snapshot of step {failed.Step} could not be written ({failed.Error}); the ones before stay.",
        Notice.SnapshotDamaged damaged => $"{damaged.Error} The snapshot before it is used.",
        Notice.EvaluationFailed failed => $"The evaluation of step {failed.Step} failed: {failed.Error}",
        Notice.WeightsDiffered differed => $"{differed.Node} had other weights than the others after step {differed.Step}; it takes theirs over.",
        Notice.JournalRefused refused => $"The journal cannot be written ({refused.Error}); this coordinator steps down. Training goes on without one.",
        Notice.AnotherClusterLeads other => $"waiting: another cluster's coordinator, on node {other.Node}, is at work on this run",
        Notice.JournalUnreachable unreachable =>
            $"the journal cannot be reached ({unreachable.Error}); the coordinator waits for it, and training goes on without one",
        Notice.CoordinatorGoesOn => "the coordinator goes on",
        Notice.PlainText =>
            "INSECURE: nodes talk in plain text (--insecure); whoever reaches their ports can read the data and take the run over, without the token",
        Notice.CertificateEnds { DaysLeft: < 0 } ended =>
            $"the certificate {ended.File} has ended on {ended.Day}: nodes still know each other by its key, but put a new one on all of them",
        Notice.CertificateEnds ends => $"the certificate {ends.File} ends on {ends.Day}, in {ends.DaysLeft} days: put a new one on all nodes before",
        Notice.StrangerTurnedAway stranger => $"{stranger.Host} was turned away: it does not have this cluster's token, or certificate",
        Notice.PeerIsAStranger peer => $"at {peer.Address} is none of this cluster's nodes: whoever listens there does not have its token, or certificate",
        Notice.NotInCluster missing => $"not in the cluster yet: {string.Join("; ", missing.Obstacles)}; trying again",
        Notice.StatesDiffer differ => $"{differ.Node}: {differ.Error}",
        Notice.StateDamaged damaged => $"{damaged.Node}: {damaged.Error}",
        Notice.AuditNotWritten failed => $"{failed.Node}: step {failed.Step} could not be written into the audit: {failed.Error}",
        Notice.RecordsNotWritten failed => $"The run's records cannot be written: {failed.Error}",
        Notice.SampleComposed sample => $"Sample corpus composed in {sample.Directory}.",
        Notice.SampleTasksComposed tasks => $"Sample tasks composed in {tasks.Directory}.",
        Notice.BegunAnew anew => $"{anew.Directory} was there already, but without a recipe.json: the run is begun anew in it.",
        Notice.DataProblem problem => $"{problem.Where}: {problem.What}",
        Notice.StartsFrom start =>
            $"Starts from {start.Path}: {start.Taken} parameters of it{Named("from the seed", start.Seeded)}{Named("not used", start.Unused)}.",
        Notice.Served served => $"dashboard: {served.Url}",
        Notice.NodeHasLeft left => $"{left.Node} has left",
        Notice.NodeDiedLeaving died => $"{died.Node} died while it was leaving: {CauseOf(died.ExitCode)}",
        Notice.NodeDied died => FormattableString.Invariant($"{died.Node} died ({CauseOf(died.ExitCode)}); it starts again in {died.Pause / 1000.0:0.#} s")
            + (died.LastLine is null ? "" : ": " + died.LastLine),
        Notice.NodeHangs hangs => $"{hangs.Node} hangs ({hangs.Reason}): its process is ended",
        Notice.NodeGoesOn goesOn => $"{goesOn.Node} goes on",
        Notice.NodeIsNotBack missing => $"{missing.Node} has not come back after its fault: its process is ended",
        Notice.FaultInjected { Fault: var fault } injected => FormattableString.Invariant($"fault at step {injected.Step}: {fault.Word} {injected.Node}")
            + (fault.Duration == TimeSpan.Zero ? "" : FormattableString.Invariant($" for {fault.Duration.TotalSeconds:0.#} s")),
        Notice.FaultHitsNobody { Fault: var fault } nobody =>
            $"fault {fault}: no living node is meant by \"{fault.Target}\"; living: {string.Join(", ", nobody.Living)}",
        Notice.FaultsOver => "no more faults; the run is left in peace",
        _ => throw new ArgumentOutOfRangeException(nameof(notice)),
    };

    /// <summary>Why a process ended, as in "signal 9".</summary>
    public static string CauseOf(int exitCode) => exitCode > 128 ? $"signal {exitCode - 128}" : $"exit code {exitCode}";

    /// <summary>Parameters by the part of the model that they belong to, which is what their names begin with.</summary>
    private static string Named(string what, IReadOnlyList<string> names) => names.Count == 0
        ? ""
        : $"; {what}: {string.Join(", ", names.GroupBy(name => name.Split('.')[0], StringComparer.Ordinal).Select(part => $"{part.Key} ({part.Count()})"))}";
}
