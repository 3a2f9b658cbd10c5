using System.Collections.Frozen;
using TiMix.Actors.Messages;
using TiMix.Base;
using TiMix.Protocol.Messages;

namespace TiMix.Actors.Entering;

/// <summary>Who may say which message to which actor: all that one node may want of another stands here.</summary>
internal static class EntranceTable
{
    private const string Coordinator = NodeRoles.Coordinator;
    private const string Trainer = NodeRoles.Trainer;
    private const string Mixer = NodeRoles.Mixer;
    private const string Loader = NodeRoles.Loader;
    private const string Evaluator = NodeRoles.Evaluator;
    private const string Launcher = NodeRoles.Launcher;

    private static readonly (Type Message, ActorKind To, string[] From)[] Said =
    [
        // Nodes, about the run.
        (typeof(NodeMessages.DescribeRun), ActorKind.Coordinator, [Coordinator, Loader, Mixer, Trainer, Evaluator]),
        (typeof(RunDescription), ActorKind.Node, [Coordinator]),
        (typeof(NodeMessages.JoinRefused), ActorKind.Node, [Coordinator]),
        (typeof(NodeMessages.GivesUp), ActorKind.Coordinator, [Coordinator, Loader, Mixer, Trainer, Evaluator]),
        (typeof(NodeMessages.ServiceStatus), ActorKind.Coordinator, [Loader, Mixer, Evaluator]),
        (typeof(NodeMessages.Roster), ActorKind.Mixer, [Coordinator]),
        (typeof(NodeMessages.Roster), ActorKind.Trainer, [Coordinator]),
        (typeof(NodeMessages.LeaveRun), ActorKind.Node, [Coordinator]),
        (typeof(NodeMessages.RunOver), ActorKind.Node, [Coordinator]),

        // A micro-batch.
        (typeof(LoaderMessages.Load), ActorKind.Loader, [Mixer]),
        (typeof(LoaderMessages.Loaded), ActorKind.Mixer, [Loader]),
        (typeof(LoaderMessages.LoadFailed), ActorKind.Mixer, [Loader]),
        (typeof(MixerMessages.Mix), ActorKind.Mixer, [Trainer]),
        (typeof(MixerMessages.Mixed), ActorKind.Trainer, [Mixer]),
        (typeof(MixerMessages.MixFailed), ActorKind.Trainer, [Mixer]),
        (typeof(MixerMessages.WantTeacher), ActorKind.Trainer, [Mixer]),
        (typeof(MixerMessages.TeacherPublished), ActorKind.Mixer, [Trainer]),

        // Views and states.
        (typeof(TrainerStatus), ActorKind.Coordinator, [Trainer]),
        (typeof(TrainerOrders.Prepare), ActorKind.Trainer, [Coordinator]),
        (typeof(TrainerOrders.PrepareAhead), ActorKind.Trainer, [Coordinator]),
        (typeof(TrainerOrders.SwitchAfterStep), ActorKind.Trainer, [Coordinator]),
        (typeof(TrainerOrders.Withdraw), ActorKind.Trainer, [Coordinator]),
        (typeof(TrainerOrders.Begin), ActorKind.Trainer, [Coordinator]),
        (typeof(TrainerOrders.StopAfterStep), ActorKind.Trainer, [Coordinator]),
        (typeof(TrainerOrders.Halt), ActorKind.Trainer, [Coordinator]),
        (typeof(TrainerOrders.TakeSnapshot), ActorKind.Trainer, [Coordinator]),
        (typeof(TrainerOrders.SnapshotFrom), ActorKind.Trainer, [Coordinator]),
        (typeof(TrainerOrders.Release), ActorKind.Trainer, [Coordinator]),
        (typeof(TrainerOrders.PutOut), ActorKind.Trainer, [Coordinator]),
        (typeof(StateMessages.WantState), ActorKind.Trainer, [Trainer]),
        (typeof(StateMessages.StateOffered), ActorKind.Trainer, [Trainer]),
        (typeof(StateMessages.SumOffered), ActorKind.Trainer, [Trainer]),
        (typeof(CoordinatorCommands.FailRun), ActorKind.Coordinator, [Trainer]),
        (typeof(CoordinatorCommands.ReportNodeLost), ActorKind.Coordinator, [Launcher]),

        // Snapshots and their evaluation.
        (typeof(CoordinatorCommands.ReportSnapshot), ActorKind.Coordinator, [Trainer]),
        (typeof(CoordinatorCommands.ReportSnapshotFailed), ActorKind.Coordinator, [Trainer]),
        (typeof(CoordinatorCommands.ReportSnapshotDamaged), ActorKind.Coordinator, [Trainer]),
        (typeof(CoordinatorCommands.ReportAuditFailed), ActorKind.Coordinator, [Trainer]),
        (typeof(SnapshotMessages.Acknowledged), ActorKind.Trainer, [Coordinator]),
        (typeof(EvaluatorMessages.Evaluate), ActorKind.Evaluator, [Coordinator]),
        (typeof(EvaluatorMessages.Evaluated), ActorKind.Coordinator, [Evaluator]),
        (typeof(EvaluatorMessages.EvaluationFailed), ActorKind.Coordinator, [Evaluator]),

        // Users' wishes: a launcher's, and those of the page of a coordinator's node.
        (typeof(NodeMessages.DescribeCluster), ActorKind.Coordinator, [Launcher, Coordinator]),
        (typeof(CoordinatorCommands.StopRun), ActorKind.Coordinator, [Launcher, Coordinator]),
        (typeof(CoordinatorCommands.PauseRun), ActorKind.Coordinator, [Launcher, Coordinator]),
        (typeof(CoordinatorCommands.ContinueRun), ActorKind.Coordinator, [Launcher, Coordinator]),
        (typeof(CoordinatorCommands.WantSnapshot), ActorKind.Coordinator, [Launcher, Coordinator]),
        (typeof(CoordinatorCommands.DrainNode), ActorKind.Coordinator, [Launcher, Coordinator]),

        // Those who look on, and what the monitor keeps.
        (typeof(NodeMessages.Subscribe), ActorKind.Coordinator, [Launcher, Coordinator]),
        (typeof(NodeMessages.Subscribed), ActorKind.Observer, [Coordinator]),
        (typeof(MonitorMessages.StepApplied), ActorKind.Coordinator, [Trainer]),
        (typeof(MonitorMessages.StepApplied), ActorKind.Monitor, [Trainer]),
        (typeof(MonitorMessages.StepApplied), ActorKind.Observer, [Coordinator]),
        (typeof(MonitorMessages.Recorded), ActorKind.Trainer, [Coordinator]),
        (typeof(MonitorMessages.ViewBegan), ActorKind.Observer, [Coordinator]),
        (typeof(MonitorMessages.TrainerLost), ActorKind.Observer, [Coordinator]),
        (typeof(MonitorMessages.SnapshotCommitted), ActorKind.Observer, [Coordinator]),
        (typeof(MonitorMessages.Evaluated), ActorKind.Observer, [Coordinator]),
        (typeof(MonitorMessages.Told), ActorKind.Coordinator, [Trainer]),
        (typeof(MonitorMessages.Told), ActorKind.Observer, [Coordinator]),
        (typeof(MonitorMessages.Entered), ActorKind.Observer, [Coordinator]),
        (typeof(MonitorMessages.Over), ActorKind.Observer, [Coordinator]),
    ];

    private static readonly FrozenDictionary<(Type Message, ActorKind To), string[]> Speakers =
        Said.ToFrozenDictionary(row => (row.Message, row.To), row => row.From);

    /// <summary>What no actor hears from another node: answers, which go to whoever asked, and what only a coordinator says to itself.</summary>
    public static IReadOnlyList<Type> Unheard { get; } =
    [
        typeof(ClusterDescription), typeof(CoordinatorCommands.Answer), typeof(CoordinatorCommands.BeginRun), typeof(CoordinatorCommands.ReportEvaluation),
        .. typeof(CoordinatorEvents).GetNestedTypes().Where(type => !type.IsInterface),
    ];

    /// <summary>All that is heard.</summary>
    public static IReadOnlySet<Type> Heard { get; } = Said.Select(row => row.Message).ToHashSet();

    /// <summary>Roles of which one may say a message to an actor; empty: nobody may.</summary>
    public static IReadOnlyList<string> WhoMaySay(Type message, ActorKind to) => Speakers.GetValueOrDefault((message, to)) ?? [];
}
