using System.Diagnostics;
using System.Diagnostics.Metrics;
using TiMix.Protocol.Values;

namespace TiMix.Node.Operations;

/// <summary>What OpenTelemetry sees of a run: gauges that are read when somebody asks, and a span for every change of views.</summary>
internal sealed class OperationsTelemetry : IDisposable
{
    /// <summary>Name of the meter and of the source of spans.</summary>
    public const string Name = "TiMix.Actors";

    private static readonly ActivitySource Spans = new(Name);
    private readonly Meter _meter;

    /// <param name="situation">Of the run.</param>
    /// <param name="run">Its name, a label of everything.</param>
    public OperationsTelemetry(RunSituation situation, string run)
    {
        var label = new KeyValuePair<string, object?>("run", run);
        _meter = new Meter(Name, null, [label]);
        Gauge("timix.step", "{step}", "Steps applied.", () => situation.Board.Last?.Step ?? 0);
        Gauge("timix.loss", "nat", "Loss of the last step.", () => situation.Board.Last?.Loss ?? 0);
        Gauge("timix.gradient_norm", "1", "Norm of the last step's gradient, before clipping.", () => situation.Board.Last?.GradientNorm ?? 0);
        Gauge("timix.step_duration", "s", "Mean duration of the last steps.", () => situation.Board.StepSeconds);
        Gauge("timix.generation", "{view}", "Generation of the newest view.", () => situation.Cluster?.Generation ?? 0);
        Gauge("timix.trainers", "{trainer}", "Trainers of the current view.", () => situation.Cluster?.View?.Shares.Count ?? 0);
        Gauge("timix.stalled", "s", "For how long the run has waited for somebody; 0: it goes on.", () => situation.StalledSeconds);
        Gauge("timix.snapshot_step", "{step}", "Step of the newest snapshot that counts.", () => situation.Cluster?.Snapshots.LastOrDefault()?.Step ?? 0);
        Gauge(
            "timix.mean_recall", "%", "Mean recall of the newest evaluation's first split.",
            () => situation.Board.Evaluations.LastOrDefault()?.Splits.FirstOrDefault()?.Metrics.GetValueOrDefault("meanRecall") ?? 0);
        _meter.CreateObservableGauge("timix.node.memory", () => Nodes(situation, node => node.ResidentBytes), "By", "Resident memory of a node's process.");
        _meter.CreateObservableGauge(
            "timix.node.cpu", () => Nodes(situation, node => node.CpuPercent / 100), "{cpu}", "Processors that a node's process keeps busy.");
        _meter.CreateObservableGauge("timix.node.alive", () => Nodes(situation, node => node.Alive ? 1 : 0), "1", "Whether a node has been heard of lately.");
    }

    /// <summary>A view's first step has been applied: the whole change is one span.</summary>
    public static void ViewChanged(ViewChange change)
    {
        using var span = Spans.StartActivity(
            ActivityKind.Internal, default(ActivityContext), startTime: DateTimeOffset.FromUnixTimeMilliseconds(change.DetectedAt), name: "view change",
            tags: [new("timix.generation", change.View.Generation), new(
                "timix.from_step", change.View.FromStep), new("timix.reason", change.Reason.ToString()), new("timix.trainers", change.View.Shares.Count)]);
        span?.SetEndTime(DateTimeOffset.FromUnixTimeMilliseconds(change.FirstStepAt).UtcDateTime);
    }

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    private void Gauge(string name, string unit, string text, Func<double> value) => _meter.CreateObservableGauge(name, value, unit, text);

    private static IEnumerable<Measurement<double>> Nodes(RunSituation situation, Func<NodeState, double> value) =>
        situation.State().Nodes.Select(node => new Measurement<double>(value(node), new KeyValuePair<string, object?>("node", node.Name)));
}
