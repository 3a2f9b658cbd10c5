using TiMix.Protocol.Notices;
using TiMix.Protocol.Values;
using TiMix.Runs.Observing;

namespace TiMix.Testing;

/// <summary>Writes down what a run tells; and stops it at a step, if asked to.</summary>
public sealed class RecordingObserver(long stopAt = -1) : IRunObserver, IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();

    public CancellationToken Stop => _stop.Token;

    public List<StepReport> Steps { get; } = [];

    public List<EvaluationReport> Evaluations { get; } = [];

    public List<string> Notices { get; } = [];

    /// <summary>The same before they were worded.</summary>
    public List<Notice> Said { get; } = [];

    /// <summary>Called with each step.</summary>
    public Action<long>? OnStep { get; set; }

    public void Dispose() => _stop.Dispose();

    public void StepCompleted(StepReport step)
    {
        lock (_lock)
        {
            Steps.Add(step);
        }

        OnStep?.Invoke(step.Step);
        if (step.Step == stopAt)
        {
            _stop.Cancel();
        }
    }

    public void Evaluated(EvaluationReport evaluation)
    {
        lock (_lock)
        {
            Evaluations.Add(evaluation);
        }
    }

    public void SnapshotCommitted(long step, string directory) => Assert.True(Directory.Exists(directory), directory);

    public void Notice(Notice notice)
    {
        lock (_lock)
        {
            Notices.Add(NoticeText.Of(notice));
            Said.Add(notice);
        }
    }

    public void ViewBegan(ViewChange change) => Assert.NotEmpty(change.View.Shares);

    public void TrainerLost(string node, LossReason reason)
    {
        lock (_lock)
        {
            Notices.Add($"{node} was lost: {reason}");
        }
    }

    public void Phase(RunPhase phase) => Assert.NotEmpty(PhaseText.Of(phase));
}
