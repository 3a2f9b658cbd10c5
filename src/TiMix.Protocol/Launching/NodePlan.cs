using TiMix.Base;

namespace TiMix.Protocol.Launching;

/// <summary>One node of a launched cluster.</summary>
/// <param name="Name">Fixed for the whole run, so that a new incarnation is known as the same node.</param>
/// <param name="Roles">What it does.</param>
public sealed record NodePlan(string Name, IReadOnlyList<string> Roles)
{
    /// <summary>Whether it trains.</summary>
    public bool IsTrainer => Roles.Contains(NodeRoles.Trainer);

    /// <summary>The n-th trainer.</summary>
    public static NodePlan Trainer(int number) => new(FormattableString.Invariant($"trainer-{number}"), [NodeRoles.Trainer]);
}
