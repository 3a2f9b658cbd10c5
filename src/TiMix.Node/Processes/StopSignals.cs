using System.Runtime.InteropServices;

namespace TiMix.Node.Processes;

/// <summary>
/// Ctrl-C, SIGTERM and the end of the terminal: the first asks the command to stop, another Ctrl-C or SIGTERM ends the process at
/// once. A terminal that closes may say so twice, by the kernel and by the shell, and a service manager says it beside SIGTERM: that
/// counts for nothing more.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly List<PosixSignalRegistration> _registrations;
    private readonly bool _isChild;
    private readonly TextWriter _error;
    private int _told, _asked;

    /// <param name="isChild">What a terminal says reaches all of its processes; what is to become of nodes is for their launcher to say.</param>
    /// <param name="error">Is told.</param>
    public StopSignals(bool isChild, TextWriter error)
    {
        (_isChild, _error) = (isChild, error);
        _registrations = [.. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP }
            .Select(signal => PosixSignalRegistration.Create(signal, Signalled))];
    }

    /// <summary>Cancelled by the first.</summary>
    public CancellationToken Stop => _stop.Token;

    /// <inheritdoc/>
    public void Dispose()
    {
        _registrations.ForEach(registration => registration.Dispose());
        _stop.Dispose();
    }

    private void Signalled(PosixSignalContext context)
    {
        context.Cancel = true;
        if (_isChild && context.Signal != PosixSignal.SIGTERM)
        {
            return;
        }

        if (context.Signal != PosixSignal.SIGHUP && Interlocked.Exchange(ref _asked, 1) == 1)
        {
            EndAtOnce.With(ExitCode.Interrupted);
        }

        if (Interlocked.Exchange(ref _told, 1) == 0)
        {
            _error.WriteLine("timix: stopping; once more to stop at once.");
            _stop.Cancel();
        }
    }
}
