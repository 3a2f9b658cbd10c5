using Akka.Remote.Transport.DotNetty;
using TiMix.Base;
using TiMix.Protocol.Notices;

namespace TiMix.Actors.Nodes;

/// <summary>
/// Where a node meets its peers: whoever does not have the cluster's key is turned away, and its own user hears of it; a node that
/// wants to join those that do not know its key hears that it never will.
/// </summary>
internal sealed class ClusterDoor
{
    private const int Most = 16;
    private static readonly TimeSpan Again = TimeSpan.FromMinutes(1);
    private readonly TaskCompletionSource<string> _refused = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Dictionary<Notice, long> _told = [];
    private readonly Lock _lock = new();
    private readonly IReadOnlyList<string> _join;
    private readonly Action<Notice> _notice;
    private readonly string _key;
    private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="identity">By which members know each other.</param>
    /// <param name="join">host:port of the nodes to join.</param>
    /// <param name="notice">Told of whom was turned away.</param>
    public ClusterDoor(ClusterIdentity identity, IReadOnlyList<string> join, Action<Notice> notice)
    {
        (_join, _notice, _key) = (join, notice, identity.IsFromFile ? "certificate" : "token");
        Setup = identity.Certificate is null ? null : identity.SetupFor(TurnAway);
    }

    /// <summary>By which key messages are encrypted; null: they are not.</summary>
    public DotNettySslSetup? Setup { get; }

    /// <summary>Completed with the reason when this node is none of those that it wants to join.</summary>
    public Task<string> Refused => _refused.Task;

    /// <summary>Completed when the node is a member.</summary>
    public Task Entered => _entered.Task;

    /// <summary>The node is a member: nobody can refuse it any more.</summary>
    public void Enter() => _entered.TrySetResult();

    /// <param name="peer">As Akka says it: the address of whom this node has called, or the endpoint of who has called it.</param>
    private void TurnAway(string peer)
    {
        var at = peer.IndexOf('@', StringComparison.Ordinal);
        if (at < 0)
        {
            Tell(new Notice.StrangerTurnedAway(HostOf(peer)));
        }
        else if (!_entered.Task.IsCompleted && _join.Contains(peer[(at + 1)..]))
        {
            _refused.TrySetResult($"{peer[(at + 1)..]} cannot be joined: it does not have this node's {_key}.");
        }
        else
        {
            Tell(new Notice.PeerIsAStranger(peer[(at + 1)..]));
        }
    }

    private void Tell(Notice notice)
    {
        lock (_lock)
        {
            foreach (var old in _told.Where(pair => TimeProvider.System.GetElapsedTime(pair.Value) > Again).Select(pair => pair.Key).ToArray())
            {
                _told.Remove(old);
            }

            if (_told.Count >= Most || !_told.TryAdd(notice, TimeProvider.System.GetTimestamp()))
            {
                return;
            }
        }

        _notice(notice);
    }

    private static string HostOf(string endpoint)
    {
        _ = HostPort.TrySplit(endpoint, out var host, out _);
        return System.Net.IPAddress.TryParse(HostPort.Bare(host), out var address) && address.IsIPv4MappedToIPv6 ? address.MapToIPv4().ToString() : host;
    }
}
