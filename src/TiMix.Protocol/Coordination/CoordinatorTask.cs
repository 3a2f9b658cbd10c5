using TiMix.Protocol.Messages;
using TiMix.Protocol.Values;

namespace TiMix.Protocol.Coordination;

/// <summary>What a coordinator is there for.</summary>
public sealed record CoordinatorTask
{
    /// <summary>Name of the run.</summary>
    public required string Run { get; init; }

    /// <summary>What of its recipe decides who does what, when.</summary>
    public required RunPlan Plan { get; init; }

    /// <summary>The node that it works on; null: not to be told.</summary>
    public string? Node { get; init; }

    /// <summary>What the run is known by to those who want to take part; null: nobody is asked.</summary>
    public RunIdentity? Identity { get; init; }

    /// <summary>The run: begun by whichever coordinator finds that the journal knows nothing of it.</summary>
    public required CoordinatorCommands.BeginRun Begin { get; init; }

    /// <summary>Whether a run that the journal knows is gone on with, since nothing of it is alive. Otherwise what is going on is taken up.</summary>
    public bool GoOn { get; init; }

    /// <summary>
    /// Whether some of a run that is to be gone on with may be alive after all, in the cluster that this coordinator has joined: if trainers with a state
    /// that counts are heard of, what is going on is taken up.
    /// </summary>
    public bool MayLive { get; init; }

    /// <summary>What a node is told that asks what the run is; handed on unopened.</summary>
    public required ITiMixMessage Description { get; init; }

    /// <summary>The directory of the run's snapshots.</summary>
    public required string Snapshots { get; init; }

    /// <summary>Leases, and how many trainers a view needs.</summary>
    public MembershipOptions Membership { get; init; } = new();
}
