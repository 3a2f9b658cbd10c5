using TiMix.Protocol.Faults;
using TiMix.Protocol.Notices;
using TiMix.Protocol.Values;
using TiMix.Runs.Observing;
using static TiMix.Protocol.Notices.Notice;
using static TiMix.Protocol.Notices.NoticeLevel;

namespace TiMix.Node.Tests.Reporting;

/// <summary>What users read, word for word.</summary>
public sealed class NoticeTextTests
{
    private static readonly Fault Hang = new(FaultKind.Hang, "trainer", 33, TimeSpan.FromSeconds(5));
    private static readonly Fault Kill = new(FaultKind.Kill, "trainer", 1, TimeSpan.Zero);

    private static readonly (Notice Notice, NoticeLevel Level, string Text)[] Notices =
    [
        (new Resumed(12, 30), Information, "Goes on after step 12 of 30."),
        (new Waiting(new WaitReason(WaitKind.TooFew, 1, 2)), Information, "Waiting: 1 trainers are here, 2 are needed."),
        (new Waiting(new WaitReason(WaitKind.NoMixer)), Warning, "Waiting: no mixer is there."),
        (new Waiting(new WaitReason(WaitKind.NoLoader)), Warning, "Waiting: no loader is there."),
        (new Waiting(new WaitReason(WaitKind.NoEvaluator)), Warning, "Waiting: all steps are done, and no evaluator is there."),
        (
            new SnapshotNotSeen(10, "t5", "/runs/a/snapshots"), Warning,
            "t5 has written the snapshot of step 10, but it is not in /runs/a/snapshots, so it does not count: does its machine see the same "
            + "directory for runs?"),
        (new SnapshotsAdopted(3, 30), Warning, "The journal knew nothing of this run, but 3 of its snapshots are here: it goes on after step 30."),
        (new SnapshotNotWritten(5, "no space"), Warning, "The snapshot of step 5 could not be written (no space); the ones before stay."),
        (new SnapshotDamaged("It is torn."), Warning, "It is torn. The snapshot before it is used."),
        (new Notice.EvaluationFailed(7, "no memory"), Warning, "The evaluation of step 7 failed: no memory"),
        (new WeightsDiffered("t2", 9), Warning, "t2 had other weights than the others after step 9; it takes theirs over."),
        (new JournalRefused("replaced"), Error, "The journal cannot be written (replaced); this coordinator steps down. Training goes on without one."),
        (new AnotherClusterLeads("c2"), Warning, "waiting: another cluster's coordinator, on node c2, is at work on this run"),
        (
            new JournalUnreachable("refused"), Warning,
            "the journal cannot be reached (refused); the coordinator waits for it, and training goes on without one"),
        (new CoordinatorGoesOn(), Information, "the coordinator goes on"),
        (
            new PlainText(), Error,
            "INSECURE: nodes talk in plain text (--insecure); whoever reaches their ports can read the data and take the run over, without the token"),
        (
            new CertificateEnds("a.p12", "2026-12-24", 24), Warning,
            "the certificate a.p12 ends on 2026-12-24, in 24 days: put a new one on all nodes before"),
        (
            new CertificateEnds("a.p12", "2026-11-24", -6), Warning,
            "the certificate a.p12 has ended on 2026-11-24: nodes still know each other by its key, but put a new one on all of them"),
        (new StrangerTurnedAway("10.0.0.9"), Warning, "10.0.0.9 was turned away: it does not have this cluster's token, or certificate"),
        (
            new PeerIsAStranger("10.0.0.9:4053"), Warning,
            "at 10.0.0.9:4053 is none of this cluster's nodes: whoever listens there does not have its token, or certificate"),
        (
            new NotInCluster([new JoinObstacle("a:1", JoinObstacleKind.UnknownHost), new JoinObstacle("b:2", JoinObstacleKind.NobodyListens)]), Warning,
            "not in the cluster yet: the host of a:1 cannot be resolved; nobody listens at b:2; trying again"),
        (
            new NodeRefused("t9", "10.0.0.9:4053", new JoinRefusal(JoinRefusalKind.OtherRun, "b", "a")), Warning,
            "t9, at 10.0.0.9:4053, was refused: it was started with --run b, and this is the cluster of run a"),
        (new NodeGaveUp("l1", "no shards"), Warning, "l1 has given up: no shards"),
        (new StatesDiffer("t1", "after step 4 the replicas differ"), Warning, "t1: after step 4 the replicas differ"),
        (new StateDamaged("t1", "memory was damaged"), Warning, "t1: memory was damaged"),
        (new TrainerCharged("t1", OffenceKind.NotFinite, 9, ["t2", "t3"]), Warning,
            "t1 gave numbers that are not finite in step 9, say t2, t3; the step is computed without it"),
        (new TrainerCharged("t1", OffenceKind.OtherState, 9, ["t1"]), Warning, "t1 had another state than the others in step 9, as it says itself"),
        (new NodesDisagree("t1", "t2", OffenceKind.Malformed), Warning,
            "t1 says that t2 gave what cannot be a part of the step; nobody can tell which of them is right"),
        (new TrainerPutOut("t1", "host-7", "cuda:0", [OffenceKind.NotFinite, OffenceKind.Stuck], 3), Error,
            "t1 (on host-7, cuda:0) is put out: it gave numbers that are not finite and stood still, 3 times in all; "
            + "no trainer of it is taken in again before the run is resumed. Have its memory and its device tested"),
        (new TrainerPutOut("t1", null, null, [], 0), Error,
            "t1 is put out: it and several others said different things; "
            + "no trainer of it is taken in again before the run is resumed. Have its memory and its device tested"),
        (new GradientJumped(120, 52.5, 2.1), Warning, "step 120: the gradient's norm is 52.5, 25 times the median of the steps before"),
        (new AuditNotWritten("t1", 8, "no space"), Warning, "t1: step 8 could not be written into the audit: no space"),
        (new RecordsNotWritten("no space"), Warning, "The run's records cannot be written: no space"),
        (new SampleComposed("data/sample"), Information, "Sample corpus composed in data/sample."),
        (new SampleTasksComposed("data/tasks"), Information, "Sample tasks composed in data/tasks."),
        (new BegunAnew("runs/a"), Information, "runs/a was there already, but without a recipe.json: the run is begun anew in it."),
        (
            new DataNoted(8), Information,
            "An earlier version did not note what data this run began with; from now on they are the 8 shards and the vocabulary that are there (data.json)."),
        (new LittleRoom("/runs", 4_000_000, 12_340_000), Warning,
            "/runs has 4 MB free, and the snapshots of this run may take 12.4 MB; a run whose disk is full stops."),
        (new DataProblem("train-000.tar", "it is cut off"), Warning, "train-000.tar: it is cut off"),
        (new StartsFrom("a.safetensors", 40, [], []), Information, "Starts from a.safetensors: 40 parameters of it."),
        (
            new StartsFrom("a", 40, ["fusion.a", "fusion.b", "decoder.c"], ["mlm_head.d"]), Information,
            "Starts from a: 40 parameters of it; from the seed: fusion (2), decoder (1); not used: mlm_head (1)."),
        (new Served("http://127.0.0.1:8550"), Information, "dashboard: http://127.0.0.1:8550"),
        (new NodeHasLeft("trainer-2"), Information, "trainer-2 has left"),
        (new NodeDiedLeaving("trainer-2", 137), Warning, "trainer-2 died while it was leaving: signal 9"),
        (new NodeDied("mixer-1", 137, 200, false, "last"), Warning, "mixer-1 died (signal 9); it starts again in 0.2 s: last"),
        (new NodeDied("mixer-1", 1, 6400, true, null), Information, "mixer-1 died (exit code 1); it starts again in 6.4 s"),
        (new NodeHangs("trainer-1", new LossReason(LossKind.Silent, 3)), Warning, "trainer-1 hangs (silent for 3 s): its process is ended"),
        (new NodeGoesOn("trainer-1"), Information, "trainer-1 goes on"),
        (new NodeIsNotBack("trainer-1"), Warning, "trainer-1 has not come back after its fault: its process is ended"),
        (new FaultInjected(Hang, "trainer-2", 34), Information, "fault at step 34: hang trainer-2 for 5 s"),
        (new FaultInjected(Kill, "trainer-3", 2), Information, "fault at step 2: kill trainer-3"),
        (
            new FaultHitsNobody(Kill, ["coordinator", "loader-1"]), Warning,
            "fault kill:trainer@1: no living node is meant by \"trainer\"; living: coordinator, loader-1"),
        (new FaultsOver(), Information, "no more faults; the run is left in peace"),
    ];

    private static readonly (RunPhase Phase, string Text)[] Phases =
    [
        (new RunPhase.Starting(), "starting"), (new RunPhase.Preparing(), "preparing"), (new RunPhase.ComposingSample(), "composing the sample corpus"),
        (new RunPhase.ComposingTasks(), "composing the sample corpus's tasks"), (new RunPhase.StartingNodes(4), "starting 4 nodes"),
        (new RunPhase.Training(), "training"), (new RunPhase.Paused(), "paused"), (new RunPhase.Evaluating(), "evaluating"),
        (new RunPhase.Stopping(), "stopping after this step"),
    ];

    [Fact]
    public void Every_notice_has_its_level_and_its_words()
    {
        Assert.All(Notices, told => Assert.Equal((told.Level, told.Text), (told.Notice.Level, NoticeText.Of(told.Notice))));
        Assert.Equal(Examples.Closed(typeof(Notice)).ToHashSet(), Notices.Select(told => told.Notice.GetType()).ToHashSet());
    }

    [Fact]
    public void Every_phase_has_its_words()
    {
        Assert.All(Phases, phase => Assert.Equal(phase.Text, PhaseText.Of(phase.Phase)));
        Assert.Equal(Examples.Closed(typeof(RunPhase)).ToHashSet(), Phases.Select(phase => phase.Phase.GetType()).ToHashSet());
    }
}
