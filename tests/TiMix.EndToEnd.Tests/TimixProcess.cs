using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace TiMix.EndToEnd.Tests;

/// <summary>The real program in a process of its own, with a directory of its own for runs and one sample corpus for all tests.</summary>
internal sealed partial class TimixProcess : IDisposable
{
    private const int Interrupt = 2;
    private const int Kill = 9;
    private const int Terminate = 15;
    private const int Continue = 18;
    private const int Stop = 19;

    /// <summary>No test waits as long for anything; whoever does waits for what will not come, and says so.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);
    private static readonly Lazy<string> SampleCorpus = new(ComposeSampleCorpus);
    private readonly Process _process;
    private readonly Lock _lock = new();
    private readonly List<string> _lines = [];
    private readonly List<(Func<string, bool> Wanted, TaskCompletionSource<string> Seen)> _waiting = [];

    private TimixProcess(IEnumerable<string> arguments)
        : this("env", ["--default-signal=INT", "dotnet", Program, .. arguments])
    {
    }

    private TimixProcess(string command, IEnumerable<string> arguments)
    {
        _process = new Process
        {
            StartInfo = new ProcessStartInfo(command, arguments) { RedirectStandardOutput = true, RedirectStandardError = true },
            EnableRaisingEvents = true,
        };
        _process.OutputDataReceived += (_, line) => Add(line.Data);
        _process.ErrorDataReceived += (_, line) => Add(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public static string DataDirectory => SampleCorpus.Value;

    public static string Program { get; } = Path.GetFullPath(
        typeof(TimixProcess).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == "Program").Value!);

    public static TimixProcess Start(params string[] arguments) => new(arguments);

    public static TimixProcess StartShell(string command, IEnumerable<string> arguments) => new(command, arguments);

    /// <summary>A node that is started by hand, on the sample corpus if it is not told of another one.</summary>
    public static TimixProcess Node(IEnumerable<string> environment, string name, string roles, string run, string runs, params string[] more) => new(
        "env",
        [
            .. environment, "dotnet", Program, "node", "--name", name, "--roles", roles, "--run", run, "--runs-dir", runs,
            .. more.Contains("--data-dir") ? Array.Empty<string>() : ["--data-dir", DataDirectory], .. more,
        ]);

    /// <summary>Whether <c>timix audit</c> finds that nothing was lost or seen twice.</summary>
    public static bool Audit(string runs, string name)
    {
        using var audit = Start("audit", name, "--runs-dir", runs, "--data-dir", DataDirectory);
        audit._process.WaitForExit();
        return audit._process.ExitCode == 0;
    }

    /// <summary>A short run of a small model on the real sample corpus.</summary>
    public static TimixProcess Train(string runs, string name, params string[] more) => new(TrainArguments(runs, name, more));

    /// <summary>60 steps of a small model with six micro-batches a step.</summary>
    public static TimixProcess Elastic(string runs, string name, params string[] more) => new(TrainArguments(runs, name,
        [
            .. more.Contains("--steps") ? Array.Empty<string>() : ["--steps", "60"], "--set", "optimization.microBatches=6", "--set", "run.snapshotEvery=20",
            "--set", "data.tests={}", .. more,
        ]));

    public static TimixProcess Resume(string runs, string name, params string[] more) => new(ResumeArguments(runs, name, more));

    /// <summary>
    /// In a mount namespace of its own: a run whose directory is a disk of so many kilobytes, then its resumption while the
    /// disk is full to the last page, and after it has grown. The output ends with the exit codes and the summary.
    /// </summary>
    public static TimixProcess TrainOnSmallDisk(string runs, string name, int kilobytes) => new(
        "unshare",
        [
            "--map-root-user", "--mount", "sh", "-c",
            $"""
            mount -t tmpfs -o size={kilobytes}k tmpfs {runs} || exit 77
            {Quoted(TrainArguments(runs, name))}; echo "first exit code $?"
            dd if=/dev/zero of={runs}/ballast bs=4096 2> {runs}/../dd-$$; rm -f {runs}/../dd-$$
            echo "on the full disk:"; {Quoted(ResumeArguments(runs, name))} 2>&1; echo "full exit code $?"
            rm {runs}/ballast
            mount -o remount,size=1g {runs}
            {Quoted(ResumeArguments(runs, name))}; echo "second exit code $?"
            cat {runs}/{name}/summary.json
            """,
        ]);

    private static string Quoted(IEnumerable<string> arguments) => "dotnet " + string.Join(' ', arguments.Prepend(Program).Select(argument => $"'{argument}'"));

    private static IEnumerable<string> TrainArguments(string runs, string name, params string[] more) =>
        ["train", "sample", "--run", name, "--runs-dir", runs, "--data-dir", SampleCorpus.Value, .. more.Contains("--steps") ? Array.Empty<string>()
            : ["--steps", "24"], .. Small, .. more];

    private static IEnumerable<string> ResumeArguments(string runs, string name, params string[] more) =>
        ["resume", name, "--runs-dir", runs, "--data-dir", SampleCorpus.Value, .. more];

    /// <summary>Settings that make a step quick: the shape of the computation stays, with mixing, distillation and alignment.</summary>
    private static IEnumerable<string> Small => new[]
    {
        "model.visionWidth=32", "model.visionLayers=2", "model.visionHeads=2", "model.textWidth=32", "model.textLayers=2", "model.textHeads=2",
        "model.embedDim=16",
        "optimization.microBatchSize=4", "optimization.warmupSteps=4", "teacher.refreshEvery=3", "mix.rampSteps=4", "mix.until=0.8",
        "objective.distillRampSteps=2",
        "run.snapshotEvery=5", "run.evaluateEvery=0", "data.validation=", "data.tests={\"test\":\"sample:test\"}",
    }.SelectMany(pair => new[] { "--set", pair });

    public string Output
    {
        get
        {
            lock (_lock)
            {
                return string.Join('\n', _lines);
            }
        }
    }

    /// <summary>Files, pipes and sockets that it has open.</summary>
    public int OpenFiles => Directory.GetFileSystemEntries($"/proc/{_process.Id}/fd").Length;

    /// <summary>Waits for a line of output.</summary>
    public async Task<string> LineAsync(Func<string, bool> wanted)
    {
        TaskCompletionSource<string> seen = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (_lines.Find(line => wanted(line)) is { } there)
            {
                return there;
            }

            _waiting.Add((wanted, seen));
        }

        var end = ExitAsync();
        if (await Task.WhenAny(seen.Task, end) == end)
        {
            throw new InvalidOperationException($"The program ended with {await end} before the line came:\n{Output}");
        }

        return await seen.Task;
    }

    public Task<string> StepAsync(int step) => LineAsync(line => line.StartsWith($"step {step}/", StringComparison.Ordinal));

    public async Task<int> ExitAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            await _process.WaitForExitAsync(patience.Token);
            return _process.ExitCode;
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"Nothing more came for {Patience.TotalMinutes} minutes:\n{Output}");
        }
    }

    public Task<int> KillAsync() => SignalAsync(Kill);

    /// <summary>It stands still, and nobody is told.</summary>
    public void StandStill() => kill(_process.Id, Stop);

    /// <summary>It goes on as if nothing had been.</summary>
    public void GoOn() => kill(_process.Id, Continue);

    public Task<int> InterruptAsync() => SignalAsync(Interrupt);

    public Task<int> TerminateAsync() => SignalAsync(Terminate);

    public static JsonNode Summary(string runs, string name) => JsonNode.Parse(File.ReadAllText(Path.Combine(runs, name, "summary.json")))!;

    public static string Fingerprint(string runs, string name) => Summary(runs, name)["fingerprint"]!.GetValue<string>();

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }

    private async Task<int> SignalAsync(int signal)
    {
        kill(_process.Id, signal);
        return await ExitAsync();
    }

    private void Add(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_lock)
        {
            _lines.Add(line);
            foreach (var waiting in _waiting.Where(waiting => waiting.Wanted(line)).ToList())
            {
                waiting.Seen.TrySetResult(line);
                _waiting.Remove(waiting);
            }
        }
    }

    private static string ComposeSampleCorpus()
    {
        var directory = Path.Combine(Path.GetTempPath(), "timix-end-to-end", "sample");
        using var compose = new TimixProcess(["data", "sample", "--data-dir", directory]);
        compose._process.WaitForExit();
        return compose._process.ExitCode == 0 ? directory : throw new InvalidOperationException(compose.Output);
    }

    [LibraryImport("libc")]
    private static partial int kill(int process, int signal);
}
