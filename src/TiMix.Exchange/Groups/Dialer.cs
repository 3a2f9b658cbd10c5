using System.Net.Sockets;
using System.Text;
using TiMix.Exchange.Links;

namespace TiMix.Exchange.Groups;

/// <summary>Reaches a peer of lower index, which may not have entered the view yet, or not even have started.</summary>
internal static class Dialer
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>Tries until the peer takes the link, refuses it for good, or the time is over; runs on a thread of its own.</summary>
    public static void Dial(Group group, Peer peer, BlackholeGate gate, CancellationToken stop)
    {
        var until = Environment.TickCount64 + (long)group.Options.ConnectTimeout.TotalMilliseconds;
        var reason = "it was never reached";
        while (!stop.IsCancellationRequested)
        {
            var left = TimeSpan.FromMilliseconds(until - Environment.TickCount64);
            if (left <= TimeSpan.Zero)
            {
                group.Lost(peer, $"no link within {group.Options.ConnectTimeout.TotalSeconds:0.###} s: {reason}");
                return;
            }

            try
            {
                var refusal = Try(group, peer, gate, left, stop);
                if (refusal is null)
                {
                    return;
                }

                if (refusal.Value.Welcome == Welcome.Refused)
                {
                    group.Lost(peer, refusal.Value.Reason);
                    return;
                }

                reason = refusal.Value.Reason;
            }
            catch (Exception error) when (error is IOException or SocketException or ObjectDisposedException or InvalidDataException)
            {
                reason = error.Message;
            }
            catch (OperationCanceledException)
            {
                return;
            }

            stop.WaitHandle.WaitOne(Pause);
        }
    }

    private static (Welcome Welcome, string Reason)? Try(Group group, Peer peer, BlackholeGate gate, TimeSpan left, CancellationToken stop)
    {
        var wire = Wire.Connect(peer.Member.Endpoint, left < group.Options.HandshakeTimeout ? left : group.Options.HandshakeTimeout, gate, stop);
        var attached = false;
        using var limit = new Timer(state => ((Wire)state!).Dispose(), wire, left, Timeout.InfiniteTimeSpan);
        using var registration = stop.Register(wire.Dispose);
        try
        {
            if (group.Options.Certificate is { } certificate)
            {
                wire.Secure(certificate, asServer: false);
            }

            Handshake.AsClient(wire, group.Options.Token);
            Handshake.Introduce(wire, Purpose.Group, group.Connection.Introduction(peer.Index).ToBytes());
            var (welcome, text) = Handshake.ReadAnswer(wire);
            if (welcome != Welcome.Accepted)
            {
                return (welcome, Encoding.UTF8.GetString(text));
            }

            peer.TryOpen(GroupIntroduction.OfferFrom(text));

            // From here on the link is the group's, which ends it in its own way.
            registration.Dispose();
            limit.Dispose();
            attached = true;
            group.Connection.Attach(peer, wire);
            return null;
        }
        finally
        {
            if (!attached)
            {
                wire.Dispose();
            }
        }
    }
}
