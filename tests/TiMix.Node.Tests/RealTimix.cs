using System.Diagnostics;
using TiMix.Node.Commands;
using TiMix.Node.Processes;

namespace TiMix.Node.Tests;

/// <summary>The program in a process of its own.</summary>
internal sealed class RealTimix : IDisposable
{
    /// <summary>No test waits as long for anything; whoever does waits for what will not come, and says so.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private readonly Process _process;
    private readonly Lock _lock = new();
    private readonly List<string> _lines = [];
    private readonly List<(string Begin, TaskCompletionSource Seen)> _waiting = [];

    /// <param name="directory">Where it starts.</param>
    /// <param name="arguments">Of the program.</param>
    public RealTimix(string directory, params string[] arguments)
    {
        _process = new Process
        {
            StartInfo = new ProcessStartInfo("env", ["--default-signal=INT,HUP", "dotnet", typeof(TimixProgram).Assembly.Location, .. arguments])
            {
                RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = directory,
            },
        };
        _process.OutputDataReceived += (_, line) => Add(line.Data);
        _process.ErrorDataReceived += (_, line) => Add(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

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

    /// <summary>Waits for a line that begins so.</summary>
    public async Task LineAsync(string begin)
    {
        TaskCompletionSource seen = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (_lines.Exists(line => line.StartsWith(begin, StringComparison.Ordinal)))
            {
                return;
            }

            _waiting.Add((begin, seen));
        }

        var end = ExitAsync();
        Assert.True(await Task.WhenAny(seen.Task, end) != end, $"It ended before \"{begin}\" came:\n{Output}");
    }

    public void Signal(params int[] signals) => Array.ForEach(signals, signal => Signals.Send(_process.Id, signal));

    public async Task<int> ExitAsync()
    {
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Patience);
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }

    private void Add(string? line)
    {
        lock (_lock)
        {
            _lines.Add(line ?? "");
            _waiting.Where(waiting => line?.StartsWith(waiting.Begin, StringComparison.Ordinal) == true).ToList()
                .ForEach(waiting => waiting.Seen.TrySetResult());
        }
    }
}
