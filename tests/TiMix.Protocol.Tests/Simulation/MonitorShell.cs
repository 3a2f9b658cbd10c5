using TiMix.Protocol.Coordination;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Monitoring;

namespace TiMix.Protocol.Tests.Simulation;

/// <summary>The coordinator's monitor with the run's files.</summary>
internal sealed class MonitorShell(CoordinatorShell coordinator, string address) : SimulatedActor(coordinator.Process, address)
{
    private readonly ReportOrder _order = new();
    private IReadOnlyList<string> _lookers = [];

    private SimulatedRecords Records => Cluster.Records;

    private long Last => Records.Metrics.Count == 0 ? 0 : Records.Metrics[^1].Step;

    /// <inheritdoc/>
    public override void Receive(string from, ITiMixMessage message) => throw new SimulationFailure($"The monitor is told {message}.");

    /// <summary>Keeps what is to be kept of what the coordinator says, and passes it on.</summary>
    public void Keep(ITiMixMessage message, IReadOnlyList<string> lookers)
    {
        _lookers = lookers;
        Pass(message);
        switch (message)
        {
            case MonitorMessages.Evaluated when !CanWrite():
                break;
            case MonitorMessages.ViewBegan { Change: var change } when Last > change.View.FromStep && change.Repeats:
                Cluster.Log?.Add($"metrics are cut back to step {change.View.FromStep}");
                Records.CutBack(change.View.FromStep);
                break;
            case MonitorMessages.Evaluated evaluated:
                if (!Records.Evaluations.Contains(evaluated.Report.Step))
                {
                    Records.Evaluations.Add(evaluated.Report.Step);
                }

                Later(0, () => coordinator.Hear(new CoordinatorInputs.EvaluationKept(evaluated.Report.Step)));
                break;
            case MonitorMessages.Told told:
                Cluster.Log?.Add($"told: {told.Notice}");
                break;
            case MonitorMessages.Over over:
                Cluster.Invariants.Over(over);
                break;
        }
    }

    /// <summary>A report has come.</summary>
    public void Add(string from, MonitorMessages.StepApplied step)
    {
        if (!CanWrite())
        {
            return;
        }

        if (_order.IsNext(step.Report.Step, Last, step.Oldest, Cluster.Time.Now))
        {
            Cluster.Invariants.Recorded(Last, step.Report);
            Records.Metrics.Add((step.Report.Step, step.Report.Loss));
            Pass(step);
        }

        var recorded = new MonitorMessages.Recorded(Last);
        Say(from, recorded);
        Say(coordinator.Address, recorded);
    }

    private bool CanWrite()
    {
        if (Cluster.Time.Now >= Cluster.Disk.RecordsFullUntil)
        {
            return true;
        }

        Cluster.Statistics.Unrecorded++;
        Later(0, () => coordinator.Hear(new CoordinatorInputs.RecordsNotWritten("disk full")));
        return false;
    }

    private void Pass(ITiMixMessage message)
    {
        foreach (var looker in _lookers)
        {
            Say(looker, message);
        }
    }
}
