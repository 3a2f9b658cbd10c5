using System.CommandLine;
using TiMix.Actors.Nodes;
using TiMix.Base;
using TiMix.Node.Launching;
using TiMix.Node.Processes;
using TiMix.Node.Reporting;
using TiMix.Protocol.Values;
using TiMix.Runs.Observing;

namespace TiMix.Node.Commands;

/// <summary><c>timix chaos</c>.</summary>
internal static class ChaosCommand
{
    public static Command Chaos(TextWriter output)
    {
        var minutes = new Option<double>("--minutes")
        {
            Description = "How long faults are injected; then the run is left in peace.",
            DefaultValueFactory = _ => 2,
        };
        var every = new Option<double>("--every") { Description = "Seconds from one fault to the next.", DefaultValueFactory = _ => 10 };
        var seed = new Option<ulong>("--seed") { Description = "Of the faults.", DefaultValueFactory = _ => 1 };
        var compare = new Option<bool>("--compare") { Description = "Also run the same recipe undisturbed in one process, and compare the weights." };
        var (run, cluster, quiet) = (new NewRunOptions("--run-seed"), new ClusterOptions(needsTrainers: true), Shared.Quiet());
        var command = new Command("chaos", """
            Runs a recipe on a local cluster and kills, hangs, cuts off, drains and adds nodes at random.
            Says how long the run took to get over it, and whether a step or a sample was lost.

            Example: timix chaos sample --steps 300 --trainers 3 --minutes 2 --every 8 --seed 7 --compare
            """);
        run.AddTo(command);
        Option[] all = [minutes, every, seed, compare];
        Array.ForEach(all, command.Add);
        cluster.AddTo(command, faults: false);
        command.Add(quiet);
        command.SetAction((parsed, stop) => run.UseAsync(parsed, cluster: true, async options =>
        {
            var launch = cluster.Read(parsed, options);
            var duration = TimeSpan.FromMinutes(Positive("--minutes", parsed.GetValue(minutes)));
            var pause = TimeSpan.FromSeconds(Positive("--every", parsed.GetValue(every)));
            var chaos = new ChaosRun(launch, duration, pause, parsed.GetValue(seed));
            var (result, progress) = await RunScreen.ShowAsync(
                options, output, parsed.GetValue(quiet), observer => chaos.ExecuteAsync(observer, stop)).ConfigureAwait(false);
            var code = FinalReport.Write(options, result, progress, output, chaos.Examination, launch.Trainers);
            if (chaos.Examination is not { } examination)
            {
                return code;
            }

            ChaosReport.Write(examination.Recoveries, chaos.Memory, output);
            var same = !parsed.GetValue(compare) || await CompareAsync(options, result, output, stop).ConfigureAwait(false);
            return examination.Proven && same ? code : ExitCode.Failed;
        }));
        return command;
    }

    private static async Task<bool> CompareAsync(RunOptions options, RunResult disturbed, TextWriter output, CancellationToken stop)
    {
        var undisturbed = options with { Name = options.Name + "-undisturbed", Threads = Environment.ProcessorCount };
        output.WriteLine($"the same recipe undisturbed, in one process: {undisturbed.Name}");
        var result = await TrainingRun.ExecuteAsync(undisturbed, new PlainReporter(undisturbed, output, quiet: true), stop).ConfigureAwait(false);
        if (result.Outcome != RunOutcome.Finished)
        {
            output.WriteLine(
                $"comparison         not possible: the undisturbed run was {(result.Outcome == RunOutcome.Stopped ? "stopped" : "lost: " + result.Error)}");
            return false;
        }

        var same = result.Fingerprint == disturbed.Fingerprint;
        output.WriteLine($"undisturbed        {result.Fingerprint}");
        output.WriteLine($"comparison         {(same ? "the same weights, bit for bit" : "THE WEIGHTS DIFFER")}");
        return same;
    }

    private static double Positive(string option, double value) =>
        value is > 0 and <= 100_000 ? value : throw new RunError(FormattableString.Invariant($"{option} is {value}; it must be larger than 0."));
}
