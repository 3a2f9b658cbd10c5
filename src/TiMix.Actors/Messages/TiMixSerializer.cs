using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Akka.Actor;
using Akka.Serialization;
using TiMix.Protocol.Messages;

namespace TiMix.Actors.Messages;

/// <summary>
/// Every message and journal event, by a manifest of its own, as JSON. Manifests and fields are extend-only: the journal of an
/// old run must stay readable. Whatever is not in the table cannot be serialized.
/// </summary>
public sealed class TiMixSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new JsonStringEnumConverter() },
        TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { ClosedTypes.Name } },
    };

    private static readonly Dictionary<string, Type> Types = new(StringComparer.Ordinal)
    {
        ["node.describe"] = typeof(NodeMessages.DescribeRun),
        ["node.run"] = typeof(RunDescription),
        ["node.refused"] = typeof(NodeMessages.JoinRefused),
        ["node.gives-up"] = typeof(NodeMessages.GivesUp),
        ["node.service"] = typeof(NodeMessages.ServiceStatus),
        ["node.roster"] = typeof(NodeMessages.Roster),
        ["node.over"] = typeof(NodeMessages.RunOver),
        ["node.describe-cluster"] = typeof(NodeMessages.DescribeCluster),
        ["node.cluster"] = typeof(ClusterDescription),
        ["node.leave"] = typeof(NodeMessages.LeaveRun),
        ["node.subscribe"] = typeof(NodeMessages.Subscribe),
        ["node.subscribed"] = typeof(NodeMessages.Subscribed),
        ["loader.load"] = typeof(LoaderMessages.Load),
        ["loader.loaded"] = typeof(LoaderMessages.Loaded),
        ["loader.failed"] = typeof(LoaderMessages.LoadFailed),
        ["mixer.mix"] = typeof(MixerMessages.Mix),
        ["mixer.mixed"] = typeof(MixerMessages.Mixed),
        ["mixer.failed"] = typeof(MixerMessages.MixFailed),
        ["mixer.want-teacher"] = typeof(MixerMessages.WantTeacher),
        ["mixer.teacher"] = typeof(MixerMessages.TeacherPublished),
        ["state.want"] = typeof(StateMessages.WantState),
        ["state.offered"] = typeof(StateMessages.StateOffered),
        ["state.sum"] = typeof(StateMessages.SumOffered),
        ["trainer.prepare"] = typeof(TrainerOrders.Prepare),
        ["trainer.prepare-ahead"] = typeof(TrainerOrders.PrepareAhead),
        ["trainer.switch"] = typeof(TrainerOrders.SwitchAfterStep),
        ["trainer.withdraw"] = typeof(TrainerOrders.Withdraw),
        ["trainer.begin"] = typeof(TrainerOrders.Begin),
        ["trainer.stop"] = typeof(TrainerOrders.StopAfterStep),
        ["trainer.halt"] = typeof(TrainerOrders.Halt),
        ["trainer.snapshot"] = typeof(TrainerOrders.TakeSnapshot),
        ["trainer.snapshot-from"] = typeof(TrainerOrders.SnapshotFrom),
        ["trainer.release"] = typeof(TrainerOrders.Release),
        ["trainer.put-out"] = typeof(TrainerOrders.PutOut),
        ["snapshot.acknowledged"] = typeof(SnapshotMessages.Acknowledged),
        ["evaluator.evaluate"] = typeof(EvaluatorMessages.Evaluate),
        ["evaluator.evaluated"] = typeof(EvaluatorMessages.Evaluated),
        ["evaluator.failed"] = typeof(EvaluatorMessages.EvaluationFailed),
        ["monitor.step"] = typeof(MonitorMessages.StepApplied),
        ["monitor.recorded"] = typeof(MonitorMessages.Recorded),
        ["monitor.view"] = typeof(MonitorMessages.ViewBegan),
        ["monitor.lost"] = typeof(MonitorMessages.TrainerLost),
        ["monitor.snapshot"] = typeof(MonitorMessages.SnapshotCommitted),
        ["monitor.evaluated"] = typeof(MonitorMessages.Evaluated),
        ["monitor.told"] = typeof(MonitorMessages.Told),
        ["monitor.entered"] = typeof(MonitorMessages.Entered),
        ["monitor.over"] = typeof(MonitorMessages.Over),
        ["command.begin"] = typeof(CoordinatorCommands.BeginRun),
        ["command.status"] = typeof(TrainerStatus),
        ["command.node-lost"] = typeof(CoordinatorCommands.ReportNodeLost),
        ["command.snapshot"] = typeof(CoordinatorCommands.ReportSnapshot),
        ["command.snapshot-failed"] = typeof(CoordinatorCommands.ReportSnapshotFailed),
        ["command.audit-failed"] = typeof(CoordinatorCommands.ReportAuditFailed),
        ["command.snapshot-damaged"] = typeof(CoordinatorCommands.ReportSnapshotDamaged),
        ["command.evaluation"] = typeof(CoordinatorCommands.ReportEvaluation),
        ["command.stop"] = typeof(CoordinatorCommands.StopRun),
        ["command.pause"] = typeof(CoordinatorCommands.PauseRun),
        ["command.continue"] = typeof(CoordinatorCommands.ContinueRun),
        ["command.want-snapshot"] = typeof(CoordinatorCommands.WantSnapshot),
        ["command.drain"] = typeof(CoordinatorCommands.DrainNode),
        ["command.answered"] = typeof(CoordinatorCommands.Answer),
        ["command.fail"] = typeof(CoordinatorCommands.FailRun),
        ["event.started"] = typeof(CoordinatorEvents.RunStarted),
        ["event.trainer-joined"] = typeof(CoordinatorEvents.TrainerJoined),
        ["event.trainer-lost"] = typeof(CoordinatorEvents.TrainerLost),
        ["event.diverged"] = typeof(CoordinatorEvents.ReplicaDiverged),
        ["event.charged"] = typeof(CoordinatorEvents.TrainerCharged),
        ["event.disagreed"] = typeof(CoordinatorEvents.NodesDisagreed),
        ["event.view-proposed"] = typeof(CoordinatorEvents.ViewProposed),
        ["event.view"] = typeof(CoordinatorEvents.ViewInstalled),
        ["event.view-withdrawn"] = typeof(CoordinatorEvents.ViewWithdrawn),
        ["event.progress"] = typeof(CoordinatorEvents.ProgressRecorded),
        ["event.snapshot"] = typeof(CoordinatorEvents.SnapshotCommitted),
        ["event.snapshot-discarded"] = typeof(CoordinatorEvents.SnapshotDiscarded),
        ["event.evaluation"] = typeof(CoordinatorEvents.EvaluationRecorded),
        ["event.paused"] = typeof(CoordinatorEvents.RunStopped),
        ["event.held"] = typeof(CoordinatorEvents.RunPaused),
        ["event.hold-ended"] = typeof(CoordinatorEvents.RunContinued),
        ["event.continued"] = typeof(CoordinatorEvents.RunResumed),
        ["event.finished"] = typeof(CoordinatorEvents.RunFinished),
    };

    private static readonly Dictionary<Type, string> Manifests = Types.ToDictionary(pair => pair.Value, pair => pair.Key);

    /// <summary>All types that can be serialized.</summary>
    public static IReadOnlyCollection<Type> KnownTypes => Manifests.Keys;

    /// <inheritdoc/>
    public override int Identifier => 7411;

    /// <inheritdoc/>
    public override string Manifest(object o) =>
        Manifests.TryGetValue(o.GetType(), out var manifest)
            ? manifest
            : throw new ArgumentException($"{o.GetType()} has no manifest; it must not be serialized.", nameof(o));

    /// <inheritdoc/>
    public override byte[] ToBinary(object obj)
    {
        Manifest(obj);
        return JsonSerializer.SerializeToUtf8Bytes(obj, obj.GetType(), Options);
    }

    /// <inheritdoc/>
    public override object FromBinary(byte[] bytes, string manifest) =>
        Types.TryGetValue(manifest, out var type)
            ? JsonSerializer.Deserialize(bytes, type, Options) ?? throw new System.Runtime.Serialization.SerializationException(
                $"Empty message of manifest \"{manifest}\".")
            : throw new System.Runtime.Serialization.SerializationException($"Unknown manifest \"{manifest}\": written by a newer version?");
}
