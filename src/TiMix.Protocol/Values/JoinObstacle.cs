namespace TiMix.Protocol.Values;

/// <summary>Why a node that is to be joined is not.</summary>
public enum JoinObstacleKind
{
    /// <summary>Nobody knows its name.</summary>
    UnknownHost,

    /// <summary>Nobody listens there.</summary>
    NobodyListens,

    /// <summary>Nothing comes back.</summary>
    NoAnswer,

    /// <summary>It cannot be reached; see <see cref="JoinObstacle.Error"/>.</summary>
    Unreachable,

    /// <summary>It is there, and has not let the node in.</summary>
    NotLetIn,
}

/// <summary>What stands between a node and one that it wants to join.</summary>
/// <param name="Address">host:port of the other.</param>
/// <param name="Kind">In a word.</param>
/// <param name="Error">What the system says.</param>
public sealed record JoinObstacle(string Address, JoinObstacleKind Kind, string? Error = null)
{
    /// <summary>In words, as a user reads them.</summary>
    public override string ToString() => Kind switch
    {
        JoinObstacleKind.UnknownHost => $"the host of {Address} cannot be resolved",
        JoinObstacleKind.NobodyListens => $"nobody listens at {Address}",
        JoinObstacleKind.NoAnswer => $"{Address} does not answer",
        JoinObstacleKind.NotLetIn => $"{Address} is there and has not let this node in yet: it starts, or waits for one of this address that has died",
        _ => $"{Address} cannot be reached: {Error}",
    };
}
