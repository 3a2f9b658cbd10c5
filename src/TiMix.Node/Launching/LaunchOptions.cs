using System.Net;
using TiMix.Protocol.Coordination;
using TiMix.Protocol.Faults;
using TiMix.Protocol.Launching;
using TiMix.Runs.Observing;

namespace TiMix.Node.Launching;

/// <summary>What a local cluster is made of, and what is to be done to it.</summary>
internal sealed record LaunchOptions
{
    /// <summary>The run, and the compute threads of each trainer.</summary>
    public required RunOptions Run { get; init; }

    /// <summary>Trainer processes at the start.</summary>
    public int Trainers { get; init; } = 2;

    /// <summary>Loader processes; the first also evaluates.</summary>
    public int Loaders { get; init; } = 1;

    /// <summary>Mixer processes.</summary>
    public int Mixers { get; init; } = 1;

    /// <summary>Faults to inject by step.</summary>
    public FaultSchedule Faults { get; init; } = FaultSchedule.None;

    /// <summary>Deaths that are made good before the run is given up; injected ones do not count.</summary>
    public int MaxRestarts { get; init; } = 20;

    /// <summary>Where the run can be watched and steered; null: nowhere.</summary>
    public IPEndPoint? Http { get; init; }

    /// <summary>HOCON files laid over the built-in ones on every node.</summary>
    public IReadOnlyList<string> Config { get; init; } = [];

    /// <summary>How nodes are started.</summary>
    public INodeStarter Starter { get; init; } = new ProcessStarter();

    /// <summary>Leases, and how many trainers a view needs.</summary>
    public MembershipOptions Membership { get; init; } = new();

    /// <summary>What of it the launcher decides on.</summary>
    public LauncherPlan Plan => new()
    {
        Trainers = Trainers,
        Loaders = Loaders,
        Mixers = Mixers,
        MinTrainers = Membership.MinTrainers,
        MostTrainers = Run.Recipe.Optimization.MicroBatches,
        Room = Math.Max(1, Environment.ProcessorCount / Math.Max(1, Run.Threads)),
        MaxRestarts = MaxRestarts,
        Lease = (long)Membership.Lease.TotalMilliseconds,
        Faults = Faults,
    };
}
