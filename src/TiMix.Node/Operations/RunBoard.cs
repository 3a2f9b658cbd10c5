using System.Text.Json;
using TiMix.Protocol.Notices;
using TiMix.Protocol.Values;
using TiMix.Runs.Observing;
using TiMix.Runs.Records;

namespace TiMix.Node.Operations;

/// <summary>Something that the user was told.</summary>
/// <param name="Number">Rises by one.</param>
/// <param name="At">Milliseconds since 1970, UTC.</param>
/// <param name="Level">How loud.</param>
/// <param name="Text">What.</param>
/// <param name="Code">What, for programs: the type of a notice, or what else has happened.</param>
internal sealed record BoardNotice(long Number, long At, NoticeLevel Level, string Text, string Code);

/// <summary>A trainer that was put out.</summary>
/// <param name="Kind">Why, in a word: a <see cref="LossKind"/>.</param>
/// <param name="Reason">Why, for people.</param>
internal sealed record BoardLoss(string Node, string Kind, string Reason, long At, long Step)
{
    /// <summary>As the page wants it.</summary>
    public static BoardLoss Of(string node, LossReason reason, long at, long step) =>
        new(node, JsonNamingPolicy.CamelCase.ConvertName(reason.Kind.ToString()), reason.ToString(), at, step);
}

/// <summary>
/// What an operator wants to see of a run, kept in memory while it goes by: all steps (96 bytes each), the newest notices, losses
/// and evaluations. Begins with what an earlier session wrote into the run's directory. Safe to use from any thread.
/// </summary>
internal sealed class RunBoard : IRunObserver
{
    private const int KeptNotices = 500;
    private const int KeptLosses = 200;
    private const int RecentSteps = 20;

    private readonly Lock _lock = new();
    private readonly IRunObserver _next;
    private readonly TimeProvider _time;
    private readonly List<MetricPoint> _points = [];
    private readonly List<EvaluationReport> _evaluations = [];
    private readonly Queue<BoardNotice> _notices = new();
    private readonly Queue<BoardLoss> _losses = new();
    private readonly Queue<double> _recent = new();
    private StepReport? _last;
    private RunPhase _phase = new RunPhase.Preparing();
    private long _notified;

    /// <param name="directory">Of the run.</param>
    /// <param name="next">Sees the run go by as well.</param>
    /// <param name="time">The clock.</param>
    public RunBoard(RunDirectory directory, IRunObserver next, TimeProvider time)
    {
        (_next, _time, StartedAt) = (next, time, time.GetUtcNow().ToUnixTimeMilliseconds());
        foreach (var step in RunRecords.StepsOf(directory))
        {
            _points.Add(MetricPoint.Of(step));
            _last = step;
        }

        _evaluations.AddRange(RunRecords.EvaluationsOf(directory));
    }

    /// <summary>When this session began to look on; milliseconds since 1970, UTC.</summary>
    public long StartedAt { get; }

    /// <summary>The last step that was reported.</summary>
    public StepReport? Last => Read(() => _last);

    /// <summary>What the run is at.</summary>
    public RunPhase At => Read(() => _phase);

    /// <summary>Mean duration of the last steps, seconds; 0: none yet.</summary>
    public double StepSeconds => Read(() => _recent.Count == 0 ? 0 : _recent.Average());

    /// <summary>Evaluations, oldest first.</summary>
    public IReadOnlyList<EvaluationReport> Evaluations => Read(() => _evaluations.ToArray());

    /// <summary>Trainers that were put out lately.</summary>
    public IReadOnlyList<BoardLoss> Losses => Read(() => _losses.ToArray());

    /// <summary>Notices past a number, oldest first.</summary>
    public IReadOnlyList<BoardNotice> NoticesAfter(long number) => Read(() => _notices.Where(notice => notice.Number > number).ToArray());

    /// <summary>All steps, oldest first.</summary>
    public IReadOnlyList<MetricPoint> Points => Read(() => _points.ToArray());

    /// <summary>Steps past <paramref name="step"/>, averaged so that there are at most <paramref name="points"/> of them.</summary>
    public MetricSeries SeriesAfter(long step, int points) => Read(() =>
    {
        var first = _points.FindLastIndex(point => point.Step <= step) + 1;
        return MetricSeries.Of(_points, first, points);
    });

    /// <inheritdoc/>
    public void StepCompleted(StepReport step)
    {
        lock (_lock)
        {
            CutBack(step.Step - 1);
            _points.Add(MetricPoint.Of(step));
            _last = step;
            _recent.Enqueue(step.StepSeconds);
            if (_recent.Count > RecentSteps)
            {
                _recent.Dequeue();
            }

            _phase = _phase is RunPhase.Evaluating or RunPhase.Paused or RunPhase.Stopping ? _phase : new RunPhase.Training();
        }

        _next.StepCompleted(step);
    }

    /// <inheritdoc/>
    public void Evaluated(EvaluationReport evaluation)
    {
        lock (_lock)
        {
            _evaluations.RemoveAll(earlier => earlier.Step >= evaluation.Step);
            _evaluations.Add(evaluation);
        }

        _next.Evaluated(evaluation);
    }

    /// <inheritdoc/>
    public void SnapshotCommitted(long step, string directory)
    {
        Note(NoticeLevel.Information, $"snapshot of step {step}", nameof(SnapshotCommitted));
        _next.SnapshotCommitted(step, directory);
    }

    /// <inheritdoc/>
    public void Notice(Notice notice)
    {
        Note(notice.Level, NoticeText.Of(notice), notice.GetType().Name);
        _next.Notice(notice);
    }

    /// <inheritdoc/>
    public void ViewBegan(ViewChange change)
    {
        if (change.FirstStepAt == 0)
        {
            if (change.Repeats)
            {
                lock (_lock)
                {
                    CutBack(change.View.FromStep);
                }
            }

            Note(NoticeLevel.Information, $"view {change.View.Generation} from step {change.View.FromStep}: {change.Reason}", nameof(ViewBegan));
        }
        else
        {
            OperationsTelemetry.ViewChanged(change);
        }

        _next.ViewBegan(change);
    }

    /// <inheritdoc/>
    public void TrainerLost(string node, LossReason reason)
    {
        lock (_lock)
        {
            _losses.Enqueue(BoardLoss.Of(node, reason, Now, _last?.Step ?? 0));
            if (_losses.Count > KeptLosses)
            {
                _losses.Dequeue();
            }
        }

        var left = reason.Kind == LossKind.Left;
        Note(left ? NoticeLevel.Information : NoticeLevel.Warning, left ? $"{node} has left" : $"{node} was put out: {reason}", nameof(TrainerLost));
        _next.TrainerLost(node, reason);
    }

    /// <inheritdoc/>
    public void Phase(RunPhase phase)
    {
        lock (_lock)
        {
            _phase = phase;
        }

        _next.Phase(phase);
    }

    private long Now => _time.GetUtcNow().ToUnixTimeMilliseconds();

    private void Note(NoticeLevel level, string text, string name)
    {
        lock (_lock)
        {
            _notices.Enqueue(new BoardNotice(++_notified, Now, level, text, OperationsJson.CodeOf(name)));
            if (_notices.Count > KeptNotices)
            {
                _notices.Dequeue();
            }
        }
    }

    private void CutBack(long step)
    {
        var first = _points.FindLastIndex(point => point.Step <= step) + 1;
        _points.RemoveRange(first, _points.Count - first);
    }

    private T Read<T>(Func<T> read)
    {
        lock (_lock)
        {
            return read();
        }
    }
}
