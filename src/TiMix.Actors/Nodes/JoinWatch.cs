using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace TiMix.Actors.Nodes;

/// <summary>Says, after some seconds and then now and then, why a node is not in its cluster yet; Akka goes on trying.</summary>
internal static class JoinWatch
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan ProbeTime = TimeSpan.FromSeconds(2);

    /// <summary>Watches until the node is in, or leaves.</summary>
    /// <param name="join">host:port of the nodes to join.</param>
    /// <param name="entered">Completed when the node is a member.</param>
    /// <param name="notice">Takes one line.</param>
    /// <param name="left">The node leaves.</param>
    public static async Task TellAsync(IReadOnlyList<string> join, Task entered, Action<string> notice, CancellationToken left)
    {
        try
        {
            for (var pause = Patience; join.Count > 0; pause = pause + pause < LongestPause ? pause + pause : LongestPause)
            {
                await Task.WhenAny(entered, Task.Delay(pause, left)).ConfigureAwait(false);
                left.ThrowIfCancellationRequested();
                if (entered.IsCompleted)
                {
                    return;
                }

                var whys = await Task.WhenAll(join.Select(address => WhyAsync(address, left))).ConfigureAwait(false);
                notice($"Not in the cluster yet: {string.Join("; ", whys)}. Trying again.");
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private static async Task<string> WhyAsync(string address, CancellationToken left)
    {
        var colon = address.LastIndexOf(':');
        var (host, port) = (address[..colon].Trim('[', ']'), int.Parse(address.AsSpan(colon + 1), CultureInfo.InvariantCulture));
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(left);
        limit.CancelAfter(ProbeTime);
        try
        {
            var found = await Dns.GetHostAddressesAsync(host, limit.Token).ConfigureAwait(false);
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(found, port, limit.Token).ConfigureAwait(false);
            return $"{address} is there, and has not let this node in; it may be starting, or wait for a node of this name or address that has died";
        }
        catch (SocketException error)
        {
            return error.SocketErrorCode switch
            {
                SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => $"{host} cannot be resolved",
                SocketError.ConnectionRefused => $"nobody listens at {address}",
                _ => $"{address} cannot be reached ({error.Message})",
            };
        }
        catch (OperationCanceledException) when (!left.IsCancellationRequested)
        {
            return $"{address} does not answer";
        }
    }
}
