using TiMix.Actors.Coordination;
using TiMix.Actors.Journals;
using TiMix.Actors.Recipes;

namespace TiMix.Actors.Runs;

/// <summary>What a caller says to start or resume a run.</summary>
public sealed record RunOptions
{
    /// <summary>The run's name: one path segment below <see cref="RunsDirectory"/>.</summary>
    public required string Name { get; init; }

    /// <summary>Where runs are kept.</summary>
    public required string RunsDirectory { get; init; }

    /// <summary>Where the composed sample corpus is kept.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>All settings of the run.</summary>
    public required Recipe Recipe { get; init; }

    /// <summary>Compute threads of the trainer; each computes whole micro-batches, so the number never reaches the result.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Go on from the last committed snapshot instead of starting anew.</summary>
    public bool Resume { get; init; }

    /// <summary>The database of the run's journal; null: a file in the run's directory.</summary>
    public JournalAddress? Journal { get; init; }

    /// <summary>Other coordinators may stand by for the same run: the database, not a lock on the directory, says which of them works.</summary>
    public bool SharesDirectory { get; init; }
}

/// <summary>Sees a run go by. Called from actors: must return quickly and not throw.</summary>
public interface IRunObserver
{
    /// <summary>A step was applied.</summary>
    void StepCompleted(StepReport step);

    /// <summary>The evaluator has finished with a snapshot.</summary>
    void Evaluated(EvaluationReport evaluation);

    /// <summary>A snapshot is complete on disk and in the journal.</summary>
    void SnapshotCommitted(long step, string directory);

    /// <summary>Something the user should know.</summary>
    void Notice(NoticeLevel level, string text);

    /// <summary>A view was installed; told again when its first step was reported.</summary>
    void ViewBegan(ViewChange change);

    /// <summary>The coordinator has put a trainer out.</summary>
    void TrainerLost(string node, string reason);

    /// <summary>The run enters a phase (composing data, training, evaluating …).</summary>
    void Phase(string text);
}

/// <summary>How loud a notice is.</summary>
public enum NoticeLevel
{
    /// <summary>Good to know.</summary>
    Information,

    /// <summary>Something was worked around.</summary>
    Warning,

    /// <summary>Something failed.</summary>
    Error,
}

/// <summary>One applied step. <c>Step</c> counts applied steps, so the first report says 1.</summary>
public sealed record StepReport(
    long Step,
    long Steps,
    int Epoch,
    double Loss,
    double Itc,
    double Mix,
    double Alignment,
    double AlignmentAccuracy,
    double Temperature,
    double LearningRate,
    double GradientNorm,
    double StepSeconds,
    double SamplesPerSecond,
    double MixRegulariser = 0)
{
    /// <summary>Image–text matching loss, nats; 0 where it is off.</summary>
    public double Itm { get; init; }

    /// <summary>Share of pairs judged right.</summary>
    public double ItmAccuracy { get; init; }

    /// <summary>Masked language modelling loss, nats a word; 0 where it is off.</summary>
    public double Mlm { get; init; }

    /// <summary>Share of hidden words found.</summary>
    public double MlmAccuracy { get; init; }

    /// <summary>Prefix language modelling loss, nats a word; 0 where it is off.</summary>
    public double PrefixLm { get; init; }

    /// <summary>Of the reporting trainer: its own micro-batches, forward and backward.</summary>
    public double ComputeSeconds { get; init; }

    /// <summary>Of the reporting trainer: gather and all-reduce, waiting for its peers included.</summary>
    public double ExchangeSeconds { get; init; }

    /// <summary>Of the reporting trainer: optimizer, averages, check of the weights. What is left of the step is waiting, above all for batches.</summary>
    public double UpdateSeconds { get; init; }
}

/// <summary>Metrics of one split; keys as in <c>summary.json</c> (imageToTextR1 …).</summary>
public sealed record SplitEvaluation(string Split, int Pairs, IReadOnlyDictionary<string, double> Metrics);

/// <summary>
/// What the evaluator found at one step. <paramref name="TrainProbe"/> is a fixed part of the training samples, un-augmented, with
/// the theory's metrics alone; null where there is none.
/// </summary>
public sealed record EvaluationReport(long Step, IReadOnlyList<SplitEvaluation> Splits, SplitEvaluation? TrainProbe = null);

/// <summary>How a run ended.</summary>
public enum RunOutcome
{
    /// <summary>All steps are done.</summary>
    Finished,

    /// <summary>Stopped on request, with a snapshot: can be resumed.</summary>
    Stopped,

    /// <summary>Failed; <see cref="RunResult.Error"/> says why.</summary>
    Failed,
}

/// <summary>The end of a run.</summary>
public sealed record RunResult(RunOutcome Outcome, string Directory, string? Fingerprint, string? Error)
{
    /// <summary>Whether the run's coordinator was in this process when it ended.</summary>
    public bool Led { get; init; }
}

/// <summary>The user's mistake: what, where, what would be right. Exit code 2.</summary>
public sealed class RunError(string message) : Exception(message);

/// <summary>Arrays for a sheet of mixes. Pixels are uint8 planar RGB [count, 3, ImageSize, ImageSize].</summary>
public sealed record MixPreview(
    int ImageSize,
    int Grid,
    byte[] Pixels,
    string[] Captions,
    float[] Saliency,
    int[] Partner,
    byte[] Mixed,
    float Lambda,
    int Side,
    int[] Target,
    int[] Source);
