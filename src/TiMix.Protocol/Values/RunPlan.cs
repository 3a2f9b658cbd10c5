namespace TiMix.Protocol.Values;

/// <summary>What the roles need to know of a recipe to decide who does what, when. Its rules are functions of the step alone.</summary>
public sealed record RunPlan
{
    /// <summary>Steps of the whole run.</summary>
    public required long Steps { get; init; }

    /// <summary>Micro-batches V of a global batch.</summary>
    public required int MicroBatches { get; init; }

    /// <summary>Micro-batches that a trainer has beyond its current step.</summary>
    public int Prefetch { get; init; }

    /// <summary>Steps between snapshots.</summary>
    public long SnapshotEvery { get; init; } = 100;

    /// <summary>Snapshots kept.</summary>
    public int KeepSnapshots { get; init; } = 3;

    /// <summary>Steps between evaluations while training; each takes a snapshot of its own step. 0: only at the end.</summary>
    public long EvaluateEvery { get; init; }

    /// <summary>Steps K between two versions of the teacher.</summary>
    public long TeacherRefreshEvery { get; init; } = 10;

    /// <summary>Names of the splits that are evaluated while training; empty: there is no validation split.</summary>
    public IReadOnlyList<string> SplitsWhileTraining { get; init; } = [];

    /// <summary>Names of the splits that are evaluated at the end.</summary>
    public IReadOnlyList<string> SplitsAtEnd { get; init; } = [];

    /// <summary>Whether a snapshot is taken after so many steps.</summary>
    public bool IsSnapshotDue(long step) => step == Steps || step % SnapshotEvery == 0 || IsEvaluationDueWhileTraining(step);

    /// <summary>Whether the snapshot of that step is evaluated, while training goes on or at its end.</summary>
    public bool IsEvaluationDue(long step) => step == Steps || IsEvaluationDueWhileTraining(step);

    /// <summary>Names of the splits that the snapshot of a step is evaluated on, given that an evaluation is due.</summary>
    public IReadOnlyList<string> SplitsToEvaluateAt(long step) => step == Steps ? SplitsAtEnd : SplitsWhileTraining;

    /// <summary>Which version of the teacher serves a step: version v is the average as of step v·K.</summary>
    public long TeacherVersionAt(long step) => Math.Max(0, (step / TeacherRefreshEvery) - 1);

    private bool IsEvaluationDueWhileTraining(long step) => EvaluateEvery > 0 && SplitsWhileTraining.Count > 0 && step < Steps && step % EvaluateEvery == 0;
}
