using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;
using TiMix.Protocol.Notices;
using TiMix.Protocol.Values;
using TiMix.Runs.Audit;
using TiMix.Runs.Observing;

namespace TiMix.Node.Reporting;

/// <summary>A table that changes in place, for a terminal.</summary>
internal sealed class LiveReporter(RunOptions options) : IRunObserver
{
    private const int BarWidth = 40;
    private const int ShownNotices = 6;
    private readonly SemaphoreSlim _changed = new(0);
    private readonly Lock _lock = new();

    public RunProgress Progress { get; } = new();

    /// <summary>Shows the run until it is over.</summary>
    public async Task<RunResult> WatchAsync(IAnsiConsole console, Func<Task<RunResult>> run)
    {
        RunResult? result = null;
        await console.Live(Render()).StartAsync(async context =>
        {
            var running = run();
            while (!running.IsCompleted)
            {
                await Task.WhenAny(running, _changed.WaitAsync()).ConfigureAwait(false);
                context.UpdateTarget(Render());
            }

            result = await running.ConfigureAwait(false);
            context.UpdateTarget(Render());
        }).ConfigureAwait(false);
        return result!;
    }

    public void StepCompleted(StepReport step) => Change(() => Progress.Add(step));

    public void Evaluated(EvaluationReport evaluation) => Change(() => Progress.Add(evaluation));

    public void SnapshotCommitted(long step, string directory) => Change(() => Progress.AddSnapshot(step));

    public void Notice(Notice notice) => Change(() => Progress.Add(notice));

    public void Phase(RunPhase phase) => Change(() => Progress.Phase = phase);

    public void ViewBegan(ViewChange change) => Change(() =>
    {
        if (Progress.Add(change))
        {
            Progress.Notices.Add(ViewText.Line(change));
        }
    });

    public void TrainerLost(string node, LossReason reason) => Change(() => Progress.Notices.Add(RunProgress.Lost(node, reason)));

    internal IRenderable Render()
    {
        lock (_lock)
        {
            var title = $"[bold]{Markup.Escape(options.Name)}[/]  {Markup.Escape(PhaseText.Of(Progress.Phase))}";
            var table = new Table().Border(TableBorder.Rounded).Title(title).HideHeaders();
            table.AddColumn("what");
            table.AddColumn("value");
            if (Progress.Last is { } last)
            {
                var filled = (int)(BarWidth * last.Step / last.Steps);
                table.AddRow(
                    "step",
                    $"{last.Step} / {last.Steps}  [green]{new string('█', filled)}[/][grey]{new string('░', BarWidth - filled)}[/]  epoch {last.Epoch}");
                table.AddRow("loss", Invariant($"{last.Loss:F3}   itc {last["itc"]:F3}   mix {last["mix"]:F3}   alignment {last["alignment"]:F3} ")
                    + Invariant($"({last["alignmentAccuracy"]:P1} right){RunProgress.Asked(last)}"));
                table.AddRow("tau, rate, gradient", Invariant($"{last.Temperature:F4}   {last.LearningRate:E2}   {last.GradientNorm:F2}"));
                table.AddRow("speed", Invariant($"{Progress.SamplesPerSecond:F0} samples/s   {Progress.TimeLeft:hh\\:mm\\:ss} left"));
            }

            if (Progress.View is { } view)
            {
                table.AddRow(
                    "view",
                    Markup.Escape(string.Create(CultureInfo.InvariantCulture, $"{view.Generation} from step {view.FromStep}: {ViewText.Shares(view)}")));
            }

            if (Progress.Evaluation is { } evaluation)
            {
                foreach (var split in evaluation.Splits)
                {
                    table.AddRow(Markup.Escape(split.Split), $"{Headline.TextOf(split)}   (step {evaluation.Step})");
                }
            }

            table.AddRow("snapshot", Progress.Snapshot ?? "none yet");
            foreach (var notice in Progress.Notices.TakeLast(ShownNotices))
            {
                table.AddRow("", $"[yellow]{Markup.Escape(notice)}[/]");
            }

            return table;
        }
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private void Change(Action change)
    {
        lock (_lock)
        {
            change();
        }

        _changed.Release();
    }
}
