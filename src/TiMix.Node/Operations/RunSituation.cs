using TiMix.Protocol.Messages;
using TiMix.Protocol.Values;
using TiMix.Runs.Observing;
using TiMix.Runs.Recipes;

namespace TiMix.Node.Operations;

/// <summary>Puts together what the board has seen and what the coordinator last said.</summary>
/// <param name="run">Name of the run.</param>
/// <param name="recipe">What it does.</param>
/// <param name="recipeName">What it is called.</param>
/// <param name="board">What has gone by.</param>
/// <param name="control">What may be done to it.</param>
/// <param name="time">The clock.</param>
internal sealed class RunSituation(string run, Recipe recipe, string recipeName, RunBoard board, ControlState control, TimeProvider time)
{
    /// <summary>A node that was not heard of for so long is shown as dead.</summary>
    private const long SilentMilliseconds = 4000;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, (NodeVitals Before, double Percent)> _cpu = new(StringComparer.Ordinal);
    private ClusterDescription? _cluster;
    private DateTimeOffset? _heardAt;

    /// <summary>What the board has seen.</summary>
    public RunBoard Board => board;

    /// <summary>What the coordinator last said; null: nothing yet.</summary>
    public ClusterDescription? Cluster
    {
        get
        {
            lock (_lock)
            {
                return _cluster;
            }
        }
    }

    /// <summary>Whether the coordinator has answered lately.</summary>
    public bool HeardWithin(TimeSpan span)
    {
        lock (_lock)
        {
            return _heardAt is { } at && time.GetUtcNow() - at < span;
        }
    }

    /// <summary>The coordinator has said where everything stands.</summary>
    public void Update(ClusterDescription cluster)
    {
        lock (_lock)
        {
            (_cluster, _heardAt) = (cluster, time.GetUtcNow());
            foreach (var node in cluster.Nodes.Where(node => node.Vitals is not null))
            {
                var vitals = node.Vitals!;
                var known = _cpu.GetValueOrDefault(node.Node);
                if (known.Before is not { } before || before.ProcessId != vitals.ProcessId)
                {
                    _cpu[node.Node] = (vitals, 0);
                }
                else if (vitals.UpSeconds - before.UpSeconds > 0.5)
                {
                    _cpu[node.Node] = (vitals, 100 * Math.Max(0, vitals.CpuSeconds - before.CpuSeconds) / (vitals.UpSeconds - before.UpSeconds));
                }
            }

            foreach (var gone in _cpu.Keys.Except(cluster.Nodes.Select(node => node.Node)).ToList())
            {
                _cpu.Remove(gone);
            }
        }
    }

    /// <summary>For how long the run has waited; 0: it goes on.</summary>
    public double StalledSeconds => Cluster is { Waiting: not null } cluster ? cluster.WaitingFor / 1000.0 : 0;

    /// <summary>Where the run stands now.</summary>
    public OperationsState State()
    {
        lock (_lock)
        {
            var last = board.Last;
            var steps = recipe.Optimization.Steps;
            var status = OperationsState.StatusOf(_cluster, steps);
            var step = Math.Max(last?.Step ?? 0, _cluster?.Progress ?? 0);
            var seconds = board.StepSeconds;
            var samples = recipe.Optimization.MicroBatches * recipe.Optimization.MicroBatchSize;
            return new OperationsState
            {
                Run = run,
                Recipe = recipeName,
                Status = status,
                Phase = PhaseText.Of(board.At),
                PhaseCode = OperationsJson.CodeOf(board.At),
                Waiting = _cluster?.Waiting?.ToString(),
                StalledSeconds = StalledSeconds,
                CoordinatorSilentSeconds = _heardAt is { } heard ? (time.GetUtcNow() - heard).TotalSeconds : null,
                Coordinator = _cluster?.Leader,
                Step = step,
                Steps = steps,
                Epoch = last?.Epoch ?? 0,
                StepSeconds = seconds,
                SamplesPerSecond = seconds > 0 && status == "training" ? samples / seconds : 0,
                EtaSeconds = seconds > 0 && status == "training" ? (steps - step) * seconds : null,
                StartedAt = board.StartedAt,
                Now = time.GetUtcNow().ToUnixTimeMilliseconds(),
                Generation = _cluster?.Generation ?? 0,
                Resumes = _cluster?.Resumes ?? 0,
                Fingerprint = _cluster?.Fingerprint,
                Error = status == "failed" ? _cluster?.StopReason?.ToString() : null,
                MicroBatches = recipe.Optimization.MicroBatches,
                Nodes = [.. (_cluster?.Nodes ?? []).Where(node => node.Vitals is not null).Select(Describe)],
                Trainers = [.. (_cluster?.Trainers ?? []).Select(Describe)],
                Views = [.. (_cluster?.Changes ?? []).Select(Describe)],
                Losses = board.Losses,
                Offenders = [.. (_cluster?.Offenders ?? []).Select(Describe)],
                Snapshots = [.. (_cluster?.Snapshots ?? []).Select(snapshot => new SnapshotState(
                    snapshot.Step, snapshot.Fingerprint, snapshot.MeanRecall is { } recall && double.IsFinite(recall) ? recall : null))],
                Control = control,
            };
        }
    }

    private static OffenderState Describe(Offender offender) => new(
        offender.Node, offender.Kinds.Count == 0 ? "says other things than several others" : string.Join(" and ", offender.Kinds.Select(NoticeText.WhatItDid)),
        offender.Offences, offender.IsPutOut);

    private NodeState Describe(NodeDescription node) => new(
        node.Node, node.Vitals!.Roles, node.Vitals.Host, node.Vitals.ProcessId, node.Vitals.Device, node.Vitals.Threads, node.Vitals.ResidentBytes,
        _cpu.GetValueOrDefault(node.Node).Percent, node.HeardAgo, node.HeardAgo < SilentMilliseconds);

    private TrainerState Describe(TrainerStatus trainer)
    {
        var share = _cluster?.View?.Shares.FirstOrDefault(share => share.Trainer == trainer.Trainer);
        return new TrainerState(
            trainer.Node, trainer.Phase.ToString(), trainer.Applied, trainer.Leaving, trainer.SecondsPerMicroBatch, share?.First ?? -1, share?.Count ?? 0);
    }

    private static ViewState Describe(ViewChange change) => new(
        change.View.Generation, change.View.FromStep, change.Reason.ToString(), change.DetectedAt, change.InstalledAt, change.FirstStepAt,
        [.. change.View.Shares.Select(share => new ShareState(share.Node, share.First, share.Count))]);
}
