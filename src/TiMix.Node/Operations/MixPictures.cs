using System.Diagnostics;
using TiMix.Base;
using TiMix.Node.Processes;
using TiMix.Runs.Observing;
using TiMix.Runs.Records;

namespace TiMix.Node.Operations;

/// <summary>Where the picture of the newest mixes is.</summary>
/// <param name="Step">Of the snapshot that it is drawn from; null: there is none.</param>
/// <param name="State">ready, drawing, none or failed.</param>
/// <param name="Detail">More of it.</param>
internal sealed record MixPicture(long? Step, string State, string Detail);

/// <summary>
/// Draws the mixes of the newest snapshot when somebody asks for them: by <c>timix mix</c> in a process of its own, one at a time
/// and no more often than every minute, so that looking costs the run next to nothing.
/// </summary>
/// <param name="options">The run.</param>
internal sealed class MixPictures(RunOptions options) : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly string _file = Path.Combine(RunDirectory.Of(options.RunsDirectory, options.Name).Path, "mixes.png");
    private Task? _drawing;
    private long _begunAt = long.MinValue;
    private long? _step;
    private string? _error;

    /// <summary>The picture, if there is one.</summary>
    public string? File
    {
        get
        {
            lock (_lock)
            {
                return _step is null ? null : _file;
            }
        }
    }

    /// <summary>Says where the picture is and begins to draw when there is a newer snapshot.</summary>
    /// <param name="newest">Step of the newest snapshot; null: none.</param>
    public MixPicture Ask(long? newest)
    {
        lock (_lock)
        {
            var pause = _begunAt == long.MinValue ? TimeSpan.MaxValue : Stopwatch.GetElapsedTime(_begunAt);
            if (newest is { } step && step != _step && _drawing is null or { IsCompleted: true } && pause > Interval)
            {
                _begunAt = Stopwatch.GetTimestamp();
                _drawing = Task.Run(() => DrawAsync(newest!.Value));
            }

            return _step is not null ? new MixPicture(_step, "ready", $"mixes of the snapshot of step {_step}")
                : _drawing is { IsCompleted: false } ? new MixPicture(null, "drawing", $"the mixes of step {newest} are being drawn")
                : _error is not null ? new MixPicture(null, "failed", _error)
                : new MixPicture(null, "none", "there is no snapshot yet");
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await (_drawing ?? Task.CompletedTask).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task DrawAsync(long step)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        limit.CancelAfter(Limit);
        var unfinished = _file + WholeFile.Unfinished;
        var error = await RunAsync(
            ["mix", options.Name, "--runs-dir", options.RunsDirectory, "--data-dir", options.DataDirectory, "--out", unfinished],
            limit.Token).ConfigureAwait(false);
        if (error is null)
        {
            WholeFile.Put(unfinished, _file);
        }

        lock (_lock)
        {
            (_step, _error) = error is null ? (step, null) : (_step, error);
        }
    }

    private static async Task<string?> RunAsync(IEnumerable<string> arguments, CancellationToken stop)
    {
        var (program, before) = SelfProgram.Command;
        var start = new ProcessStartInfo(program) { RedirectStandardError = true, RedirectStandardOutput = true, UseShellExecute = false };
        foreach (var argument in before.Concat(arguments))
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        try
        {
            process.PriorityClass = ProcessPriorityClass.Idle;
            var (output, error) = (process.StandardOutput.ReadToEndAsync(stop), process.StandardError.ReadToEndAsync(stop));
            await process.WaitForExitAsync(stop).ConfigureAwait(false);
            _ = await output.ConfigureAwait(false);
            return process.ExitCode == 0 ? null : (await error.ConfigureAwait(false)).Trim();
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            return "drawing took too long";
        }
        catch (InvalidOperationException)
        {
            return "drawing ended before it began";
        }
    }
}
