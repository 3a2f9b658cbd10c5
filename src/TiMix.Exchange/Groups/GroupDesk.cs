using System.Net.Sockets;
using System.Text;
using TiMix.Exchange.Links;

namespace TiMix.Exchange.Groups;

/// <summary>
/// Knows the newest group of each run in this process, and those that go on beside it. Brings arriving links to the newest, turns away those of
/// an older generation, keeps those that come early, and looks after leases on a thread of its own.
/// </summary>
internal sealed class GroupDesk(ExchangeOptions options, BlackholeGate gate, ExchangeCounters counters, BufferPool pool) : IDisposable
{
    private const int MaxWaiting = 64;
    private readonly object _sync = new();
    private readonly Dictionary<string, Group> _newest = new(StringComparer.Ordinal);
    private readonly List<Group> _beside = [];
    private readonly List<(Wire Wire, GroupIntroduction Introduction, long Until)> _waiting = [];
    private readonly List<(Link Link, long Until)> _leaving = [];
    private bool _disposed;

    public ExchangeOptions Options => options;

    public BlackholeGate Gate => gate;

    public ExchangeCounters Counters => counters;

    public BufferPool Pool => pool;

    public void Start() => new Thread(Watch, 256 << 10) { IsBackground = true, Name = "exchange leases" }.Start();

    /// <param name="view">The group.</param>
    /// <param name="self">This process's place in it.</param>
    /// <param name="beside">A group of the same run that goes on; every other one is aborted.</param>
    public Group Enter(GroupView view, int self, Group? beside)
    {
        view.Validate(self);
        Group? before;
        Group group;
        List<(Wire Wire, GroupIntroduction Introduction, long Until)> early;
        lock (_sync)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_newest.TryGetValue(view.Run, out before) && before.View.Generation >= view.Generation)
            {
                throw new InvalidOperationException(
                    $"Generation {view.Generation} of {view.Run} cannot be entered: this process has entered {before.View.Generation} before.");
            }

            group = new Group(this, view, self);
            _newest[view.Run] = group;
            _beside.RemoveAll(old => old.HasEnded);
            if (beside is not null && !_beside.Contains(beside))
            {
                _beside.Add(beside);
            }

            early = [.. _waiting.Where(waiting => waiting.Introduction.Run == view.Run)];
            _waiting.RemoveAll(waiting => waiting.Introduction.Run == view.Run);
        }

        if (before != beside)
        {
            before?.Abort();
        }

        group.Connection.Start();
        foreach (var (wire, introduction, _) in early)
        {
            // Each answers its dialer, which must not hold up the caller.
            new Thread(() => AdmitSafely(wire, introduction), 256 << 10) { IsBackground = true, Name = "exchange admit" }.Start();
        }

        return group;
    }

    /// <summary>A link for a group has arrived.</summary>
    public void Admit(Wire wire, byte[] introduction) => Admit(wire, GroupIntroduction.Read(introduction));

    /// <summary>Closes the link when its last frame has had the time to go.</summary>
    public void Linger(Link link, TimeSpan patience)
    {
        lock (_sync)
        {
            if (!_disposed)
            {
                _leaving.Add((link, Environment.TickCount64 + (long)patience.TotalMilliseconds));
                Monitor.PulseAll(_sync);
                return;
            }
        }

        link.Dispose();
    }

    public void Dispose()
    {
        List<Group> groups;
        lock (_sync)
        {
            _disposed = true;
            groups = [.. _newest.Values, .. _beside];
            _waiting.ForEach(waiting => waiting.Wire.Dispose());
            _leaving.ForEach(leaving => leaving.Link.Dispose());
            Monitor.PulseAll(_sync);
        }

        // Abruptly, as the end of a process is: peers are to see that this one is gone.
        groups.ForEach(group => group.Cut());
    }

    private void AdmitSafely(Wire wire, GroupIntroduction introduction)
    {
        try
        {
            Admit(wire, introduction);
        }
        catch (Exception error) when (error is IOException or SocketException or ObjectDisposedException or InvalidDataException)
        {
            wire.Dispose();
        }
    }

    private void Admit(Wire wire, GroupIntroduction introduction)
    {
        Group? group;
        lock (_sync)
        {
            _newest.TryGetValue(introduction.Run, out group);
            if (group is null || group.View.Generation < introduction.Generation)
            {
                if (_waiting.Count < MaxWaiting && !_disposed)
                {
                    _waiting.Add((wire, introduction, Environment.TickCount64 + (long)options.ConnectTimeout.TotalMilliseconds));
                    return;
                }

                group = null;
            }
        }

        if (group is null)
        {
            Turn(wire, Welcome.Later, $"generation {introduction.Generation} has not been entered here yet");
        }
        else if (group.View.Generation > introduction.Generation)
        {
            counters.StaleLink();
            Turn(wire, Welcome.Refused, $"generation {introduction.Generation} is over, {group.View.Generation} is current: register anew");
        }
        else if (group.Connection.Accept(wire, introduction) is { } refusal)
        {
            counters.StaleLink();
            Turn(wire, Welcome.Refused, refusal);
        }
    }

    private static void Turn(Wire wire, Welcome welcome, string reason)
    {
        Handshake.Answer(wire, welcome, Encoding.UTF8.GetBytes(reason));
        wire.EndSending();
        wire.Dispose();
    }

    private void Watch()
    {
        var tick = Math.Max(1, (long)(options.Lease.TotalMilliseconds / 6));
        var next = Environment.TickCount64;
        while (true)
        {
            List<Group> groups;
            var now = Environment.TickCount64;
            lock (_sync)
            {
                if (_disposed)
                {
                    return;
                }

                _leaving.RemoveAll(leaving => Close(leaving.Link, leaving.Until, now));
                _waiting.RemoveAll(waiting => Close(waiting.Wire, waiting.Until, now));
                if (now < next)
                {
                    Monitor.Wait(_sync, (int)Math.Min(next - now, _leaving.Count > 0 ? 50 : tick));
                    continue;
                }

                groups = [.. _newest.Values.Union(_beside)];
            }

            // A process that was stopped itself (or starved) has no right to call its peers silent: what they sent may lie unread.
            var late = now - next > tick || gate.IsClosed;
            groups.ForEach(group => group.Health.Tick(now, late));
            next = now + tick;
        }
    }

    private static bool Close(IDisposable what, long until, long now)
    {
        if (until > now)
        {
            return false;
        }

        what.Dispose();
        return true;
    }
}
