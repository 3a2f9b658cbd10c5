using Akka.Actor;
using TiMix.Actors.Messages;

namespace TiMix.Actors.Runs;

/// <summary>Keeps the run's growing files, passes everything on to whoever looks on, and says when the run is over.</summary>
public sealed class MonitorActor : ReceiveActor
{
    /// <param name="records">The files; this actor's alone from now on.</param>
    /// <param name="observer">Who looks on.</param>
    /// <param name="ending">Completed when the run is over.</param>
    public MonitorActor(RunRecords records, IRunObserver observer, TaskCompletionSource<MonitorMessages.Over> ending)
    {
        Receive<MonitorMessages.ViewBegan>(view => records.CutBack(view.FromStep));
        Receive<MonitorMessages.StepApplied>(step =>
        {
            records.Add(step.Report, step.Replacements);
            observer.StepCompleted(step.Report);
        });
        Receive<MonitorMessages.Evaluated>(evaluated =>
        {
            records.Add(evaluated.Report);
            observer.Evaluated(evaluated.Report);
        });
        Receive<MonitorMessages.SnapshotCommitted>(snapshot => observer.SnapshotCommitted(snapshot.Step, snapshot.Directory));
        Receive<MonitorMessages.Note>(note => observer.Notice(note.Level, note.Text));
        Receive<MonitorMessages.Phase>(phase => observer.Phase(phase.Text));
        Receive<MonitorMessages.Over>(over => ending.TrySetResult(over));
        Receive<Terminated>(gone => ending.TrySetResult(
            new MonitorMessages.Over(RunOutcome.Failed, null, $"the {gone.ActorRef.Path.Name.Replace("-supervisor", "", StringComparison.Ordinal)} failed too often; log.txt in the run's directory says why", 0)));
        Receive<IActorRef>(watched => Context.Watch(watched));
    }

    /// <summary>How to make one.</summary>
    public static Props Props(RunRecords records, IRunObserver observer, TaskCompletionSource<MonitorMessages.Over> ending) =>
        Akka.Actor.Props.Create(() => new MonitorActor(records, observer, ending)).WithDispatcher("akka.timix-files");
}
