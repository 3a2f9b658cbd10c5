using TiMix.Base;
using TiMix.Protocol.Notices;
using TiMix.Protocol.Values;

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
        Notice.SnapshotNotSeen unseen =>
            $"{unseen.Node} has written the snapshot of step {unseen.Step}, but it is not in {unseen.Place}, so it does not count: "
            + "does its machine see the same directory for runs?",
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
        Notice.NodeRefused refused => $"{refused.Node}, at {refused.Address}, was refused: {refused.Why}",
        Notice.NodeGaveUp gone => $"{gone.Node} has given up: {gone.Error}",
        Notice.StatesDiffer differ => $"{differ.Node}: {differ.Error}",
        Notice.TrainerCharged charged => $"{charged.Node} {WhatItDid(charged.Kind)} in step {charged.Step}, "
            + (charged.AccusedBy.Count == 1 && charged.AccusedBy[0] == charged.Node ? "as it says itself" : $"say {string.Join(", ", charged.AccusedBy)}")
            + (charged.Kind == OffenceKind.OtherState ? "" : "; the step is computed without it"),
        Notice.NodesDisagree two => $"{two.Node} says that {two.Other} {WhatItDid(two.Kind)}; nobody can tell which of them is right",
        Notice.TrainerPutOut put => $"{put.Node}{Place(put)} is put out: it {(put.Kinds.Count == 0 ? "and several others said different things"
            : FormattableString.Invariant($"{string.Join(" and ", put.Kinds.Select(WhatItDid))}, {put.Offences} times in all"))}; "
            + "no trainer of it is taken in again before the run is resumed. Have its memory and its device tested",
        Notice.GradientJumped jump => FormattableString.Invariant(
            $"step {jump.Step}: the gradient's norm is {jump.Norm:G3}, {jump.Norm / jump.Median:0} times the median of the steps before"),
        Notice.StateDamaged damaged => $"{damaged.Node}: {damaged.Error}",
        Notice.AuditNotWritten failed => $"{failed.Node}: step {failed.Step} could not be written into the audit: {failed.Error}",
        Notice.RecordsNotWritten failed => $"The run's records cannot be written: {failed.Error}",
        Notice.LittleRoom little => $"{little.Directory} has {ByteText.Megabytes(little.Free)} free, and the snapshots of this run may take "
            + $"{ByteText.Megabytes(little.Wanted)}; a run whose disk is full stops.",
        Notice.SampleComposed sample => $"Sample corpus composed in {sample.Directory}.",
        Notice.SampleTasksComposed tasks => $"Sample tasks composed in {tasks.Directory}.",
        Notice.BegunAnew anew => $"{anew.Directory} was there already, but without a recipe.json: the run is begun anew in it.",
        Notice.DataNoted noted => $"An earlier version did not note what data this run began with; from now on they are the {noted.Shards} shards and the "
            + "vocabulary that are there (data.json).",
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

    /// <summary>What stands behind a node that has done it.</summary>
    public static string WhatItDid(OffenceKind kind) => kind switch
    {
        OffenceKind.NotFinite => "gave numbers that are not finite",
        OffenceKind.SumNotFinite => "gave a sum that is not finite",
        OffenceKind.Malformed => "gave what cannot be a part of the step",
        OffenceKind.OtherState => "had another state than the others",
        _ => "stood still",
    };

    private static string Place(Notice.TrainerPutOut put) => (put.Host, put.Device) switch
    {
        (null, null) => "",
        (var host, null) => $" (on {host})",
        (null, var device) => $" ({device})",
        var (host, device) => $" (on {host}, {device})",
    };

    /// <summary>Why a process ended, as in "signal 9".</summary>
    public static string CauseOf(int exitCode) => exitCode > 128 ? $"signal {exitCode - 128}" : $"exit code {exitCode}";

    /// <summary>Parameters by the part of the model that they belong to, which is what their names begin with.</summary>
    private static string Named(string what, IReadOnlyList<string> names) => names.Count == 0
        ? ""
        : $"; {what}: {string.Join(", ", names.GroupBy(name => name.Split('.')[0], StringComparer.Ordinal).Select(part => $"{part.Key} ({part.Count()})"))}";
}
