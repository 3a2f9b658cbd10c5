namespace TiMix.Exchange.Links;

/// <summary>Fault injection: while it is closed, whoever wants to send or has received waits here, and the sockets stay open.</summary>
internal sealed class BlackholeGate
{
    private readonly object _sync = new();
    private long _until = long.MinValue;

    public bool IsClosed => Environment.TickCount64 < Volatile.Read(ref _until);

    public void Close(TimeSpan duration)
    {
        lock (_sync)
        {
            _until = Math.Max(_until, Environment.TickCount64 + (long)duration.TotalMilliseconds);
        }
    }

    public void Open()
    {
        lock (_sync)
        {
            _until = 0;
            Monitor.PulseAll(_sync);
        }
    }

    /// <summary>Returns when the gate is open or the wire is closed.</summary>
    public void Pass(Wire wire)
    {
        if (Volatile.Read(ref _until) == long.MinValue)
        {
            return;
        }

        lock (_sync)
        {
            for (var left = _until - Environment.TickCount64; left > 0 && !wire.IsClosed; left = _until - Environment.TickCount64)
            {
                Monitor.Wait(_sync, (int)Math.Min(left, int.MaxValue));
            }
        }
    }

    /// <summary>Wakes those that wait, for a wire has been closed.</summary>
    public void Recheck()
    {
        lock (_sync)
        {
            Monitor.PulseAll(_sync);
        }
    }
}
