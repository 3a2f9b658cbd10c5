using TiMix.Actors.Nodes;
using TiMix.Node.Operations;
using TiMix.Protocol.Values;
using TiMix.Runs.Audit;
using TiMix.Runs.Observing;

namespace TiMix.Node.Launching;

/// <summary>A run over several processes from beginning to end: preparation, cluster, and what its directory tells afterwards.</summary>
internal static class LaunchedRun
{
    /// <summary>Starts or resumes a run and returns when it is over; what was found out about it is given to <paramref name="examined"/>.</summary>
    /// <param name="options">The cluster.</param>
    /// <param name="observer">Sees the run go by.</param>
    /// <param name="launched">Is given the launcher, for instance to inject faults.</param>
    /// <param name="examined">Is given what the directory of a finished run tells.</param>
    /// <param name="stop">Finish the step, take a snapshot, stop.</param>
    public static async Task<RunResult> ExecuteAsync(
        LaunchOptions options, IRunObserver observer, Action<LocalLauncher>? launched, Action<RunExamination>? examined, CancellationToken stop)
    {
        using var directory = await TrainingRun.OpenAsync(options.Run, observer, stop).ConfigureAwait(false);
        RunResult result;
        var seen = OperatedRun.Watch(options.Http, directory, observer);
        using (var launcher = new LocalLauncher(options, directory, seen))
        {
            launched?.Invoke(launcher);
            result = await OperatedRun.ExecuteAsync(
                options.Http, options.Run, directory, seen, new LauncherControl(launcher), () => launcher.RunAsync(stop)).ConfigureAwait(false);
        }

        if (result.Outcome == RunOutcome.Finished)
        {
            var examination = await RunExamination.OfAsync(directory, options.Run.Recipe, options.Run.DataDirectory, options.Run.Journal).ConfigureAwait(false);
            RunSummaryAdditions.Write(directory, examination.Additions);
            examined?.Invoke(examination);
        }

        return result;
    }
}
