#pragma warning disable RS0030 // A log that is put aside need not be whole.
using System.Text;
using Microsoft.Extensions.Logging;

namespace TiMix.Actors.Monitoring;

/// <summary>
/// The run's log as a plain file, appended to by every session. It never throws and never speaks of itself to whoever logs: what cannot
/// be written is counted, and the number said when writing works again. See <see cref="LogLimits"/> for how much it takes.
/// </summary>
internal sealed class FileLog : ILoggerProvider
{
    private readonly Lock _lock = new();
    private readonly string _path;
    private readonly LogLimits _limits;
    private readonly LogPace _pace;
    private readonly TimeProvider _time;
    private readonly long _began;
    private FileStream? _file;
    private long _lost;
    private string _whyLost = "";
    private bool _closed;

    /// <param name="path">The file.</param>
    /// <param name="limits">How much it takes; null: the usual.</param>
    /// <param name="time">The clock; null: the system's.</param>
    public FileLog(string path, LogLimits? limits = null, TimeProvider? time = null)
    {
        (_path, _limits, _time) = (path, limits ?? new LogLimits(), time ?? TimeProvider.System);
        (_pace, _began) = (new LogPace(_limits), _time.GetTimestamp());
    }

    /// <summary>Where a file that has grown too long is put aside.</summary>
    public static string AsideOf(string path) => path + ".1";

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            foreach (var line in _closed ? [] : _pace.Rest())
            {
                TryWrite(line);
            }

            _closed = true;
            Close();
        }
    }

    private void Write(string text)
    {
        lock (_lock)
        {
            if (_closed)
            {
                return;
            }

            foreach (var line in _pace.Take(text, _time.GetElapsedTime(_began)))
            {
                TryWrite(line);
            }
        }
    }

    private void TryWrite(string line)
    {
        try
        {
            _file ??= Open();
            if (_lost > 0)
            {
                Append($"{_lost} lines are missing here, they could not be written: {_whyLost}");
                _lost = 0;
            }

            Append(line);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException or ObjectDisposedException)
        {
            (_lost, _whyLost) = (_lost + 1, error.Message);
            Close();
        }
    }

    /// <summary>In one piece: what the disk takes of it only in part is overwritten by the next.</summary>
    private void Append(string line)
    {
        _file!.Write(Encoding.UTF8.GetBytes($"{_time.GetUtcNow():O} {line}{Environment.NewLine}"));
        if (_file.Position >= _limits.MostBytes)
        {
            Close();
            File.Move(_path, AsideOf(_path), overwrite: true);
            _file = Open();
        }
    }

    private FileStream Open()
    {
        var file = new FileStream(_path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        file.Seek(0, SeekOrigin.End);
        return file;
    }

    private void Close()
    {
        try
        {
            _file?.Dispose();
        }
        catch (IOException)
        {
            // What was to be flushed is lost and counted already.
        }

        _file = null;
    }

    private sealed class Logger(FileLog log, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                log.Write($"{logLevel} {category}: {formatter(state, exception)}{(exception is null ? "" : Environment.NewLine + exception)}");
            }
        }
    }
}
