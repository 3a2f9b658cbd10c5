using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Notices;
using TiMix.Protocol.Values;
using TiMix.Work.Loading;
using TiMix.Work.Mixing;
using TiMix.Work.Training;

namespace TiMix.Actors.Messages;

/// <summary>
/// What may stand where a message has a field of an abstract type, by the name that it bears on the wire. Nothing else may, and a
/// name stays what it is when the type is called otherwise.
/// </summary>
internal static class ClosedTypes
{
    private static readonly Dictionary<Type, JsonDerivedType[]> All = new()
    {
        [typeof(IContent)] =
        [
            new(typeof(LoadedSamples), "loaded"), new(typeof(MixedSamples), "mixed"), new(typeof(TeacherParameters), "teacher"),
            new(typeof(StateBuffers), "state"), new(typeof(StepSum), "sum"),
        ],
        [typeof(RunPhase)] =
        [
            new(typeof(RunPhase.Starting), "starting"), new(typeof(RunPhase.Preparing), "preparing"),
            new(typeof(RunPhase.ComposingSample), "composing-sample"), new(typeof(RunPhase.ComposingTasks), "composing-tasks"),
            new(typeof(RunPhase.StartingNodes), "starting-nodes"), new(typeof(RunPhase.Training), "training"), new(typeof(RunPhase.Paused), "paused"),
            new(typeof(RunPhase.Evaluating), "evaluating"), new(typeof(RunPhase.Stopping), "stopping"),
        ],
        [typeof(CoordinatorAnswer)] =
        [
            new(typeof(CoordinatorAnswer.Pauses), "pauses"), new(typeof(CoordinatorAnswer.Continues), "continues"),
            new(typeof(CoordinatorAnswer.Stops), "stops"), new(typeof(CoordinatorAnswer.SnapshotComes), "snapshot-comes"),
            new(typeof(CoordinatorAnswer.SnapshotThere), "snapshot-there"), new(typeof(CoordinatorAnswer.ServiceLeaves), "service-leaves"),
            new(typeof(CoordinatorAnswer.TrainerLeaves), "trainer-leaves"), new(typeof(CoordinatorAnswer.LastTrainerLeaves), "last-trainer-leaves"),
            new(typeof(CoordinatorAnswer.PausedAlready), "paused-already"), new(typeof(CoordinatorAnswer.NotPaused), "not-paused"),
            new(typeof(CoordinatorAnswer.NotBegun), "not-begun"), new(typeof(CoordinatorAnswer.StandsStill), "stands-still"),
            new(typeof(CoordinatorAnswer.AllStepsDone), "all-steps-done"), new(typeof(CoordinatorAnswer.Finished), "finished"),
            new(typeof(CoordinatorAnswer.NoState), "no-state"), new(typeof(CoordinatorAnswer.UnknownNode), "unknown-node"),
            new(typeof(CoordinatorAnswer.Indispensable), "indispensable"), new(typeof(CoordinatorAnswer.BeingPrepared), "being-prepared"),
            new(typeof(CoordinatorAnswer.Silent), "silent"),
        ],
        [typeof(Notice)] =
        [
            new(typeof(Notice.Resumed), "resumed"), new(typeof(Notice.Waiting), "waiting"), new(typeof(Notice.SnapshotsAdopted), "snapshots-adopted"),
            new(typeof(Notice.SnapshotNotWritten), "snapshot-not-written"), new(typeof(Notice.SnapshotNotSeen), "snapshot-not-seen"),
            new(typeof(Notice.SnapshotDamaged), "snapshot-damaged"),
            new(typeof(Notice.EvaluationFailed), "evaluation-failed"), new(typeof(Notice.WeightsDiffered), "weights-differed"),
            new(typeof(Notice.JournalRefused), "journal-refused"), new(typeof(Notice.AnotherClusterLeads), "another-cluster-leads"),
            new(typeof(Notice.JournalUnreachable), "journal-unreachable"), new(typeof(Notice.CoordinatorGoesOn), "coordinator-goes-on"),
            new(typeof(Notice.PlainText), "plain-text"), new(typeof(Notice.CertificateEnds), "certificate-ends"),
            new(typeof(Notice.StrangerTurnedAway), "stranger-turned-away"), new(typeof(Notice.PeerIsAStranger), "peer-is-a-stranger"),
            new(typeof(Notice.NotInCluster), "not-in-cluster"), new(typeof(Notice.NodeRefused), "node-refused"),
            new(typeof(Notice.NodeGaveUp), "node-gave-up"), new(typeof(Notice.StatesDiffer), "states-differ"),
            new(typeof(Notice.StateDamaged), "state-damaged"), new(typeof(Notice.AuditNotWritten), "audit-not-written"),
            new(typeof(Notice.RecordsNotWritten), "records-not-written"), new(typeof(Notice.SampleComposed), "sample-composed"),
            new(typeof(Notice.SampleTasksComposed), "sample-tasks-composed"), new(typeof(Notice.BegunAnew), "begun-anew"),
            new(typeof(Notice.DataNoted), "data-noted"), new(typeof(Notice.DataProblem), "data-problem"),
            new(typeof(Notice.LittleRoom), "little-room"),
            new(typeof(Notice.StartsFrom), "starts-from"), new(typeof(Notice.Served), "served"), new(typeof(Notice.NodeHasLeft), "node-has-left"),
            new(typeof(Notice.NodeDiedLeaving), "node-died-leaving"), new(typeof(Notice.NodeDied), "node-died"), new(typeof(Notice.NodeHangs), "node-hangs"),
            new(typeof(Notice.NodeGoesOn), "node-goes-on"), new(typeof(Notice.NodeIsNotBack), "node-is-not-back"),
            new(typeof(Notice.FaultInjected), "fault-injected"), new(typeof(Notice.FaultHitsNobody), "fault-hits-nobody"),
            new(typeof(Notice.FaultsOver), "faults-over"), new(typeof(Notice.TrainerCharged), "trainer-charged"),
            new(typeof(Notice.NodesDisagree), "nodes-disagree"), new(typeof(Notice.TrainerPutOut), "trainer-put-out"),
            new(typeof(Notice.GradientJumped), "gradient-jumped"),
        ],
    };

    /// <summary>Tells the serializer what may stand for a type.</summary>
    public static void Name(JsonTypeInfo type)
    {
        if (All.TryGetValue(type.Type, out var derived))
        {
            type.PolymorphismOptions = new JsonPolymorphismOptions();
            Array.ForEach(derived, type.PolymorphismOptions.DerivedTypes.Add);
        }
    }
}
