using System.Net;
using System.Net.Sockets;
using TiMix.Base;
using TiMix.Protocol.Notices;
using TiMix.Protocol.Values;

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
    /// <param name="notice">Told of it.</param>
    /// <param name="left">The node leaves.</param>
    public static async Task TellAsync(IReadOnlyList<string> join, Task entered, Action<Notice> notice, CancellationToken left)
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

                notice(new Notice.NotInCluster(await Task.WhenAll(join.Select(address => ProbeAsync(address, left))).ConfigureAwait(false)));
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private static async Task<JoinObstacle> ProbeAsync(string address, CancellationToken left)
    {
        _ = HostPort.TrySplit(address, out var host, out var port);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(left);
        limit.CancelAfter(ProbeTime);
        try
        {
            var found = await Dns.GetHostAddressesAsync(HostPort.Bare(host), limit.Token).ConfigureAwait(false);
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(found, port, limit.Token).ConfigureAwait(false);
            return new JoinObstacle(address, JoinObstacleKind.NotLetIn);
        }
        catch (SocketException error)
        {
            return new JoinObstacle(
                address,
                error.SocketErrorCode switch
                {
                    SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => JoinObstacleKind.UnknownHost,
                    SocketError.ConnectionRefused => JoinObstacleKind.NobodyListens,
                    _ => JoinObstacleKind.Unreachable,
                },
                error.Message);
        }
        catch (OperationCanceledException) when (!left.IsCancellationRequested)
        {
            return new JoinObstacle(address, JoinObstacleKind.NoAnswer);
        }
    }
}
