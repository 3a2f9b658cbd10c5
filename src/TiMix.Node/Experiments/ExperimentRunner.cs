using System.Globalization;
using System.Text.RegularExpressions;
using System.Threading.Channels;
using TiMix.Node.Processes;
using TiMix.Runs.Recipes;

namespace TiMix.Node.Experiments;

/// <summary>
/// Makes the runs that are not finished, each in a process of its own, so that one that crashes ends no other. A run that was
/// begun is resumed; a stop is passed on, and each run writes its snapshot.
/// </summary>
/// <param name="directory">Of the experiment; the runs lie in it.</param>
/// <param name="dataDirectory">Where the sample corpus is kept.</param>
/// <param name="jobs">Runs at once.</param>
/// <param name="threads">Compute threads of each.</param>
/// <param name="metric">Said of each finished run.</param>
/// <param name="output">A line now and then.</param>
internal sealed partial class ExperimentRunner(string directory, string dataDirectory, int jobs, int threads, Metric metric, TextWriter output)
{
    private static readonly TimeSpan ReportEvery = TimeSpan.FromSeconds(30);
    private readonly Lock _lock = new();
    private readonly Dictionary<ChildProcess, Running> _running = [];
    private readonly List<string> _failed = [];
    private readonly long _begunAt = TimeProvider.System.GetTimestamp();
    private double _workDone;
    private double _workLeft;
    private int _finished;
    private int _total;
    private volatile bool _stopping;

    private sealed class Running(PlannedRun run, int number)
    {
        private long? _first;

        public PlannedRun Run => run;

        public int Number => number;

        public long Step { get; private set; }

        /// <summary>Work done in this session; that of the steps before it was resumed does not count.</summary>
        public double Work => (Step - (_first ?? Step)) * run.Work / run.Steps;

        public double Left => (run.Steps - Step) * run.Work / run.Steps;

        public void At(long step) => (Step, _first) = (step, _first ?? step);
    }

    /// <summary>Names of the runs that failed in this session.</summary>
    public IReadOnlyList<string> Failed => _failed;

    /// <summary>Makes them, in their order, and returns when all are finished or failed, or when it was stopped.</summary>
    /// <param name="runs">All runs, finished ones too.</param>
    /// <param name="stop">The runs under way write a snapshot each and end; no other begins.</param>
    public async Task RunAsync(IReadOnlyList<RunResults> runs, CancellationToken stop)
    {
        (_total, _finished) = (runs.Count, runs.Count(result => result.Stage == RunStage.Finished));
        var queue = Channel.CreateUnbounded<(RunResults Result, int Number)>();
        foreach (var (i, result) in runs.Index().Where(entry => entry.Item.Stage != RunStage.Finished))
        {
            queue.Writer.TryWrite((result, i + 1));
            _workLeft += result.Run.Work;
        }

        queue.Writer.Complete();
        using var stopping = stop.Register(Stop);
        using var over = new CancellationTokenSource();
        var reporting = ReportAsync(over.Token);
        await Task.WhenAll(Enumerable.Range(0, jobs).Select(_ => WorkAsync(queue.Reader))).ConfigureAwait(false);
        await over.CancelAsync().ConfigureAwait(false);
        await reporting.ConfigureAwait(false);
    }

    private async Task WorkAsync(ChannelReader<(RunResults Result, int Number)> queue)
    {
        while (!_stopping && queue.TryRead(out var next))
        {
            await MakeAsync(next.Result, new Running(next.Result.Run, next.Number)).ConfigureAwait(false);
        }
    }

    private async Task MakeAsync(RunResults result, Running running)
    {
        var run = result.Run;
        var resumes = result.Stage == RunStage.Interrupted;
        using var child = await ChildProcess.StartAsync(
            run.Name, resumes ? ResumeArguments(run) : TrainArguments(run), new Dictionary<string, string>(),
            Path.Combine(directory, "logs", run.Name + ".log")).ConfigureAwait(false);
        lock (_lock)
        {
            _running.Add(child, running);
            if (!resumes)
            {
                running.At(0);
            }

            if (_stopping)
            {
                child.Signal(Signals.Terminate);
            }
        }

        Line($"[{running.Number}/{_total}] {run.Name} {(resumes ? "goes on" : "begins")}");
        var code = await child.Exit.ConfigureAwait(false);
        var now = RunResults.Look(directory, [run])[0];
        lock (_lock)
        {
            _running.Remove(child);
            running.At(now.Stage == RunStage.Finished ? run.Steps : StepOf(child) ?? running.Step);
            _workDone += running.Work;
            _workLeft -= run.Work;
            _finished += now.Stage == RunStage.Finished ? 1 : 0;
        }

        if (now.Stage == RunStage.Finished)
        {
            Line(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"[{running.Number}/{_total}] {run.Name} finished: {metric} {now.Value(metric):F2}; {_finished} of {_total} done, {Left()} left"));
        }
        else if (_stopping)
        {
            Line($"[{running.Number}/{_total}] {run.Name} stopped; it can go on");
        }
        else
        {
            lock (_lock)
            {
                _failed.Add(run.Name);
            }

            Line($"[{running.Number}/{_total}] {run.Name} FAILED with exit code {code}: {string.Join(" | ", child.LastLines)}; see "
                + $"{Path.Combine(directory, "logs", run.Name + ".log")}");
        }
    }

    private string[] TrainArguments(PlannedRun run)
    {
        var file = Path.Combine(directory, "recipes", run.Name + ".json");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, RecipeFile.Write(run.Recipe));
        return ["train", file, "--run", run.Name, "--http", "off", .. Common];
    }

    private string[] ResumeArguments(PlannedRun run) => ["resume", run.Name, .. Common];

    private string[] Common =>
        ["--runs-dir", directory, "--data-dir", dataDirectory, "--threads", threads.ToString(CultureInfo.InvariantCulture), ChildControl.Option];

    private void Stop()
    {
        lock (_lock)
        {
            _stopping = true;
            foreach (var child in _running.Keys)
            {
                child.Signal(Signals.Terminate);
            }
        }
    }

    private async Task ReportAsync(CancellationToken over)
    {
        using var clock = new PeriodicTimer(ReportEvery);
        try
        {
            while (await clock.WaitForNextTickAsync(over).ConfigureAwait(false))
            {
                lock (_lock)
                {
                    if (_running.Count == 0)
                    {
                        continue;
                    }

                    var shown = _running.Select(
                        pair => $"[{pair.Value.Number}/{_total}] {pair.Value.Run.Name} step {StepOf(pair.Key) ?? 0}/{pair.Value.Run.Steps}");
                    Line($"{string.Join("; ", shown)}; {_finished} of {_total} done, {Left()} left");
                }
            }
        }
        catch (OperationCanceledException)
        {
            // All is done.
        }
    }

    /// <summary>From the work done in this session and the time it took; steps of different arms weigh by their cost.</summary>
    private string Left()
    {
        lock (_lock)
        {
            foreach (var (child, running) in _running)
            {
                if (StepOf(child) is { } step)
                {
                    running.At(step);
                }
            }

            var done = _workDone + _running.Values.Sum(running => running.Work);
            if (done <= 0)
            {
                return "?";
            }

            var left = _workLeft - _running.Values.Sum(running => running.Run.Work - running.Left);
            var time = TimeProvider.System.GetElapsedTime(_begunAt) * (left / done);
            return string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours}:{time.Minutes:D2}:{time.Seconds:D2}");
        }
    }

    /// <summary>The step that a run has told of last: a line "step 12/750 …".</summary>
    private static long? StepOf(ChildProcess child) => child.LastLines.Select(StepOf).LastOrDefault(step => step is not null);

    internal static long? StepOf(string line) =>
        StepLine().Match(line) is { Success: true } match ? long.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture) : null;

    [GeneratedRegex("^step ([0-9]{1,15})/[0-9]")]
    private static partial Regex StepLine();

    private void Line(string text)
    {
        lock (_lock)
        {
            output.WriteLine(text);
            output.Flush();
        }
    }
}
