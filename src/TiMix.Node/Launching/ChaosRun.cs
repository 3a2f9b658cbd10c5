using TiMix.Node.Processes;
using TiMix.Protocol.Faults;
using TiMix.Protocol.Launching;
using TiMix.Protocol.Notices;
using TiMix.Protocol.Values;
using TiMix.Runs.Observing;

namespace TiMix.Node.Launching;

/// <summary>Resident memory of a process at one moment of a run.</summary>
internal sealed record MemorySample(string Moment, string Process, double Megabytes);

/// <summary>A launched run to which random things happen for a while.</summary>
/// <param name="options">The cluster.</param>
/// <param name="duration">How long.</param>
/// <param name="every">From one fault to the next.</param>
/// <param name="seed">Of the faults.</param>
internal sealed class ChaosRun(LaunchOptions options, TimeSpan duration, TimeSpan every, ulong seed)
{
    /// <summary>Moments at which memory is measured.</summary>
    public static readonly IReadOnlyList<string> Moments = ["start", "middle", "end"];

    private readonly List<MemorySample> _memory = [];
    private readonly Lock _lock = new();

    /// <summary>What the finished run's directory tells.</summary>
    public RunExamination? Examination { get; private set; }

    /// <summary>Memory of every process.</summary>
    public IReadOnlyList<MemorySample> Memory
    {
        get
        {
            lock (_lock)
            {
                return [.. _memory];
            }
        }
    }

    /// <summary>Runs it.</summary>
    public async Task<RunResult> ExecuteAsync(IRunObserver observer, CancellationToken stop)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var faults = Task.CompletedTask;
        var watching = new MemoryObserver(this, observer);
        try
        {
            return await LaunchedRun.ExecuteAsync(
                options,
                watching,
                launcher =>
                {
                    watching.Launcher = launcher;
                    faults = InjectAsync(launcher, watching.FirstStep, observer, over.Token);
                },
                found => Examination = found,
                stop).ConfigureAwait(false);
        }
        finally
        {
            await over.CancelAsync().ConfigureAwait(false);
            await faults.ConfigureAwait(false);
        }
    }

    private async Task InjectAsync(LocalLauncher launcher, Task firstStep, IRunObserver observer, CancellationToken over)
    {
        try
        {
            await firstStep.WaitAsync(over).ConfigureAwait(false);
            var draw = new RandomFaults(seed);
            using var clock = new PeriodicTimer(every);
            var until = TimeProvider.System.GetUtcNow() + duration;
            while (await clock.WaitForNextTickAsync(over).ConfigureAwait(false) && TimeProvider.System.GetUtcNow() < until)
            {
                launcher.Inject((living, step) => Choose(draw, living, step, options.Trainers));
            }

            observer.Notice(new Notice.FaultsOver());
        }
        catch (OperationCanceledException)
        {
            // The run was over first.
        }
    }

    /// <summary>A random fault for a random living node; null: there is none of the role.</summary>
    internal static Fault? Choose(RandomFaults draw, IReadOnlyList<NodePlan> living, long step, int wanted)
    {
        var fault = draw.Next(Math.Max(1, step), living.Count(node => node.IsTrainer), wanted);
        var among = living.Where(node => node.Roles.Contains(fault.Target)).ToList();
        return fault.Kind == FaultKind.Join ? fault : among.Count == 0 ? null : fault with { Target = draw.Pick(among).Name };
    }

    private void Measure(LocalLauncher launcher, string moment)
    {
        var samples = launcher.Processes
            .Select(process => (process.Name, Megabytes: ProcessMemory.ResidentMegabytes(process.Id)))
            .Where(sample => sample.Megabytes is not null)
            .Select(sample => new MemorySample(moment, sample.Name, sample.Megabytes!.Value));
        lock (_lock)
        {
            _memory.AddRange(samples);
        }
    }

    /// <summary>Measures the memory at the first, the middle and the last step.</summary>
    private sealed class MemoryObserver(ChaosRun chaos, IRunObserver inner) : IRunObserver
    {
        private readonly TaskCompletionSource _firstStep = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _measured;

        public LocalLauncher? Launcher { get; set; }

        public Task FirstStep => _firstStep.Task;

        public void StepCompleted(StepReport step)
        {
            inner.StepCompleted(step);
            _firstStep.TrySetResult();
            if (Launcher is { } launcher && _measured < Moments.Count && step.Step >= step.Steps * _measured / (Moments.Count - 1))
            {
                chaos.Measure(launcher, Moments[_measured++]);
            }
        }

        public void Evaluated(EvaluationReport evaluation) => inner.Evaluated(evaluation);

        public void SnapshotCommitted(long step, string directory) => inner.SnapshotCommitted(step, directory);

        public void Notice(Notice notice) => inner.Notice(notice);

        public void Phase(RunPhase phase) => inner.Phase(phase);

        public void ViewBegan(ViewChange change) => inner.ViewBegan(change);

        public void TrainerLost(string node, LossReason reason) => inner.TrainerLost(node, reason);
    }
}
