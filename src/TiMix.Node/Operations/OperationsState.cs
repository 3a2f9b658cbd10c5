using TiMix.Protocol.Messages;
using TiMix.Protocol.Values;
using TiMix.Runs.Recipes;

namespace TiMix.Node.Operations;

/// <summary>A process of the run.</summary>
internal sealed record NodeState(
    string Name, IReadOnlyList<string> Roles, string Host, int ProcessId, string Device, int Threads, long ResidentBytes, double CpuPercent,
    long HeardMillisecondsAgo, bool Alive);

/// <summary>A trainer: micro-batches [First, First + Count) are its own; First -1: it is not in the view.</summary>
internal sealed record TrainerState(string Node, string Phase, long Applied, bool Leaving, double SecondsPerMicroBatch, int First, int Count);

/// <summary>A view; times in milliseconds since 1970, UTC, 0: not yet, or never.</summary>
internal sealed record ViewState(
    long Generation, long FromStep, string Reason, long DetectedAt, long InstalledAt, long FirstStepAt, IReadOnlyList<ShareState> Shares);

/// <summary>A trainer's part of a view.</summary>
internal sealed record ShareState(string Node, int First, int Count);

/// <summary>A node that has harmed the run, what it did, and whether no trainer of it is taken in any more.</summary>
internal sealed record OffenderState(string Node, string Did, int Times, bool IsPutOut);

/// <summary>A snapshot that counts; recall in percent, null: not evaluated.</summary>
internal sealed record SnapshotState(long Step, string Fingerprint, double? MeanRecall);

/// <summary>What may be done to the run from here.</summary>
/// <param name="TokenNeeded">Changes need the token.</param>
/// <param name="CanScale">Whoever serves this starts and drains trainers.</param>
/// <param name="Why">Why it cannot.</param>
internal sealed record ControlState(bool TokenNeeded, bool CanScale, string? Why);

/// <summary>Where the run stands, as <c>GET /api/run</c> says it. Times are milliseconds since 1970, UTC.</summary>
internal sealed record OperationsState
{
    public required string Run { get; init; }

    public required string Recipe { get; init; }

    /// <summary>preparing, training, waiting, paused, evaluating, stopped, finished or failed.</summary>
    public required string Status { get; init; }

    public required string Phase { get; init; }

    /// <summary>The phase for programs: a <see cref="RunPhase"/>, as in "starting-nodes".</summary>
    public required string PhaseCode { get; init; }

    /// <summary>Why nothing goes on; null: it does.</summary>
    public string? Waiting { get; init; }

    /// <summary>For how long nothing has gone on for that reason; 0: it does.</summary>
    public double StalledSeconds { get; init; }

    /// <summary>Seconds since the coordinator last answered; null: it never has.</summary>
    public double? CoordinatorSilentSeconds { get; init; }

    /// <summary>The node that coordinates; null: not known.</summary>
    public string? Coordinator { get; init; }

    public long Step { get; init; }

    public long Steps { get; init; }

    public int Epoch { get; init; }

    /// <summary>Mean of the last steps.</summary>
    public double StepSeconds { get; init; }

    public double SamplesPerSecond { get; init; }

    /// <summary>Of the training; null: not known.</summary>
    public double? EtaSeconds { get; init; }

    public long StartedAt { get; init; }

    public long Now { get; init; }

    public long Generation { get; init; }

    public int Resumes { get; init; }

    public string? Fingerprint { get; init; }

    public string? Error { get; init; }

    public int MicroBatches { get; init; }

    public required IReadOnlyList<NodeState> Nodes { get; init; }

    public required IReadOnlyList<TrainerState> Trainers { get; init; }

    public required IReadOnlyList<ViewState> Views { get; init; }

    public required IReadOnlyList<BoardLoss> Losses { get; init; }

    /// <summary>Nodes that have harmed the run.</summary>
    public IReadOnlyList<OffenderState> Offenders { get; init; } = [];

    public required IReadOnlyList<SnapshotState> Snapshots { get; init; }

    public required ControlState Control { get; init; }

    /// <summary>The status in one word.</summary>
    public static string StatusOf(ClusterDescription? cluster, long steps) => cluster switch
    {
        null or { Status: RunStatus.New } => "preparing",
        { Status: RunStatus.Finished } => "finished",
        { Status: RunStatus.Stopped, StopReason.Kind: StopKind.Requested } => "stopped",
        { Status: RunStatus.Stopped } => "failed",
        { Snapshots: [.., { Step: var step }] } when step == steps => "evaluating",
        { Paused: true } => "paused",
        { Waiting: not null } or { View: null } => "waiting",
        _ => "training",
    };
}
