using TiMix.Protocol.Values;

namespace TiMix.Protocol.Messages;

/// <summary>Nodes and the coordinator, about the run and who serves it.</summary>
public static class NodeMessages
{
    /// <summary>A node asks what the run is, and says again every second how it fares.</summary>
    public sealed record DescribeRun(string Node, NodeVitals? Vitals = null, JoinClaim? Claim = null) : ITiMixMessage;

    /// <summary>Coordinator to node: it cannot take part, and ends.</summary>
    public sealed record JoinRefused(JoinRefusal Why) : ITiMixMessage;

    /// <summary>A node ends, since it cannot serve the run.</summary>
    /// <param name="Node">Its name.</param>
    /// <param name="Reason">One line.</param>
    public sealed record GivesUp(string Node, string Reason) : ITiMixMessage;

    /// <summary>Somebody asks for a <see cref="ClusterDescription"/>.</summary>
    public sealed record DescribeCluster : ITiMixMessage;

    /// <summary>Coordinator to node: leave as soon as it harms nobody.</summary>
    public sealed record LeaveRun : ITiMixMessage;

    /// <summary>A loader, mixer or evaluator says that it is there; repeated every second.</summary>
    public sealed record ServiceStatus(string Node, string Role) : ITiMixMessage;

    /// <summary>
    /// Who is there, as actor paths by role. A role without anybody leaves what is known of it as it was. <paramref name="Generation"/>: of the newest view.
    /// </summary>
    public sealed record Roster(
        IReadOnlyList<string> Loaders, IReadOnlyList<string> Mixers, IReadOnlyDictionary<string, string> Trainers, long Generation = 0) : ITiMixMessage;

    /// <summary>The run is over; whoever hears it ends.</summary>
    public sealed record RunOver(RunOutcome Outcome, string? Error) : ITiMixMessage;

    /// <summary>Somebody wants to see the run; repeated every second.</summary>
    public sealed record Subscribe(string Node) : ITiMixMessage;

    /// <summary>Whoever subscribed is going to see what happens from now on.</summary>
    public sealed record Subscribed(string Run) : ITiMixMessage;
}
