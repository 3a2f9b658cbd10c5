using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using TiMix.Base;

namespace TiMix.Node.Processes;

/// <summary>
/// A node in a process of its own. Its standard input is a pipe from here: when the launcher is gone, however it went, the pipe
/// ends and the node with it. What it writes goes to a file, and the last lines are kept for whoever asks why it died.
/// </summary>
internal sealed class ChildProcess : IChildNode
{
    private const int KeptLines = 5;
    private readonly Process _process;
    private readonly FileStream _log;
    private long _lost;
    private readonly Lock _lock = new();
    private readonly Queue<string> _lastLines = new();

    private ChildProcess(string name, ProcessStartInfo start, string log)
    {
        Name = name;
        Directory.CreateDirectory(Path.GetDirectoryName(log)!);
        _log = new FileStream(log, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Add(line.Data);
        _process.ErrorDataReceived += (_, line) => Add(line.Data);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public int Id { get; private set; }

    /// <inheritdoc/>
    public Task<int> Exit { get; private set; } = Task.FromResult(0);

    /// <inheritdoc/>
    public IReadOnlyList<string> LastLines
    {
        get
        {
            lock (_lock)
            {
                return [.. _lastLines];
            }
        }
    }

    /// <summary>Starts this program with other arguments.</summary>
    /// <param name="name">Of the node.</param>
    /// <param name="arguments">Of the program.</param>
    /// <param name="environment">Added to this process's.</param>
    /// <param name="log">The file that takes its output.</param>
    public static async Task<ChildProcess> StartAsync(string name, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment, string log)
    {
        var (program, leading) = SelfProgram.Command;
        var start = new ProcessStartInfo(
            program, [.. leading, .. arguments])
        { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (key, value) in environment)
        {
            start.Environment[key] = value;
        }

        var child = new ChildProcess(name, start, log);
        try
        {
            await StarterThread.RunAsync(() => child._process.Start()).ConfigureAwait(false);
        }
        catch (Exception error) when (error is System.ComponentModel.Win32Exception or IOException)
        {
            child.Dispose();
            throw new RunError($"{name} cannot be started by {program}: {error.Message}");
        }

        child.Begin();
        return child;
    }

    /// <inheritdoc/>
    public void Say(string line)
    {
        try
        {
            _process.StandardInput.WriteLine(line);
            _process.StandardInput.Flush();
        }
        catch (IOException)
        {
            // It has died, which is seen elsewhere.
        }
    }

    /// <inheritdoc/>
    public void Signal(int signal)
    {
        // The number may belong to a stranger once the process has been waited for.
        if (!Exit.IsCompleted && !_process.HasExited)
        {
            Signals.Send(Id, signal);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _process.Dispose();
        lock (_lock)
        {
            _log.Dispose();
        }
    }

    private void Begin()
    {
        Id = _process.Id;
        lock (_lock)
        {
            WriteDown($"--- {TimeProvider.System.GetUtcNow():O} process {Id}");
        }

        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        Exit = WaitAsync();
    }

    private async Task<int> WaitAsync()
    {
        await _process.WaitForExitAsync().ConfigureAwait(false);
        EndAtOnce.SweepAfter(Id);
        return _process.ExitCode;
    }

    private void Add(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_lock)
        {
            WriteDown(line);

            if (!string.IsNullOrWhiteSpace(line))
            {
                _lastLines.Enqueue(line.Trim());
                if (_lastLines.Count > KeptLines)
                {
                    _lastLines.Dequeue();
                }
            }
        }
    }

    /// <summary>A full disk must not end the launcher; what is left out is said when there is room again.</summary>
    private void WriteDown(string line)
    {
        try
        {
            if (!_log.CanWrite)
            {
                return;
            }

            _log.Write(Encoding.UTF8.GetBytes($"{(_lost > 0 ? $"({_lost} lines are missing here, they could not be written)\n" : "")}{line}\n"));
            _lost = 0;
        }
        catch (IOException)
        {
            _lost++;
        }
    }

    /// <summary>
    /// One thread that starts all children and never ends: the kernel takes the thread, not the process, for the parent whose
    /// death a child can ask to be killed by.
    /// </summary>
    private static class StarterThread
    {
        private static readonly BlockingCollection<Action> Queue = Begin();

        public static Task RunAsync(Action work)
        {
            var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Queue.Add(() =>
            {
                try
                {
                    work();
                    done.SetResult();
                }
                catch (Exception error)
                {
                    done.SetException(error);
                }
            });
            return done.Task;
        }

        private static BlockingCollection<Action> Begin()
        {
            var queue = new BlockingCollection<Action>();
            new Thread(() =>
            {
                foreach (var work in queue.GetConsumingEnumerable())
                {
                    work();
                }
            })
            { IsBackground = true, Name = "starts processes" }.Start();
            return queue;
        }
    }
}
