using TiMix.Protocol.Notices;
using TiMix.Protocol.Values;
using TiMix.Runs.Audit;
using TiMix.Runs.Observing;

namespace TiMix.Node.Reporting;

/// <summary>One line now and then, for pipes, files and CI.</summary>
internal sealed class PlainReporter(RunOptions options, TextWriter output, bool quiet) : IRunObserver
{
    private const int LinesPerRun = 40;
    private readonly Lock _lock = new();

    public RunProgress Progress { get; } = new();

    public void StepCompleted(StepReport step)
    {
        Progress.Add(step);
        var every = Math.Max(1, step.Steps / LinesPerRun);
        if (step.Step % every == 0 || step.Step == 1 || step.Step == step.Steps)
        {
            var losses = FormattableString.Invariant(
                $"loss {step.Loss:F3}  itc {step["itc"]:F3}  mix {step["mix"]:F3}  alignment {step["alignment"]:F3}{RunProgress.Asked(step)}");
            var rate = FormattableString.Invariant($"{Progress.SamplesPerSecond:F0} samples/s");
            Line(FormattableString.Invariant(
                $"step {step.Step}/{step.Steps}  epoch {step.Epoch}  {losses}  tau {step.Temperature:F3}  {rate}  {Left()} left"));
        }
    }

    public void Evaluated(EvaluationReport evaluation)
    {
        Progress.Add(evaluation);
        foreach (var split in evaluation.Splits)
        {
            Line($"step {evaluation.Step}  {split.Split}: {Headline.TextOf(split)}");
        }
    }

    public void SnapshotCommitted(long step, string directory) => Progress.AddSnapshot(step);

    public void Notice(Notice notice)
    {
        Progress.Add(notice);
        var text = Progress.Notices[^1];
        Line($"{(notice.Level == NoticeLevel.Information ? "" : notice.Level.ToString().ToLowerInvariant() + ": ")}{text}");
    }

    public void Phase(RunPhase phase)
    {
        Progress.Phase = phase;
        Line($"{options.Name}: {PhaseText.Of(phase)}");
    }

    public void ViewBegan(ViewChange change)
    {
        if (Progress.Add(change))
        {
            Line(ViewText.Line(change));
        }
    }

    public void TrainerLost(string node, LossReason reason) => Line(RunProgress.Lost(node, reason));

    private string Left() => Progress.TimeLeft is { } left ? $"{(int)left.TotalMinutes}:{left.Seconds:D2}" : "?";

    private void Line(string text)
    {
        if (quiet)
        {
            return;
        }

        lock (_lock)
        {
            output.WriteLine(text);
            output.Flush();
        }
    }
}
