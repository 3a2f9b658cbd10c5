using Akka.Actor;
using TiMix.Base;
using TiMix.Exchange;
using TiMix.Protocol.Coordination;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Notices;
using TiMix.Protocol.Training;
using TiMix.Runs.Journals;
using TiMix.Runs.Recipes;

namespace TiMix.Actors.Nodes;

/// <summary>What a node of a cluster is started with.</summary>
public sealed record NodeOptions
{
    /// <summary>Unique in the cluster.</summary>
    public required string Name { get; init; }

    /// <summary>Of <see cref="NodeRoles"/>.</summary>
    public required IReadOnlyList<string> Roles { get; init; }

    /// <summary>Address to bind, and that others reach.</summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>Of the cluster's messages; 0: any free one.</summary>
    public int Port { get; init; }

    /// <summary>Of the links by which nodes exchange bytes; 0: any free one.</summary>
    public int LinksPort { get; init; }

    /// <summary>host:port of nodes to join; empty: a cluster of its own.</summary>
    public IReadOnlyList<string> Join { get; init; } = [];

    /// <summary>Name of the run.</summary>
    public required string RunName { get; init; }

    /// <summary>Where runs are kept.</summary>
    public required string RunsDirectory { get; init; }

    /// <summary>Where the sample corpus is kept.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>Coordinator's node: the run to begin; null: the one in the run's directory.</summary>
    public Recipe? Recipe { get; init; }

    /// <summary>Coordinator's node: go on with a run of which nothing is alive.</summary>
    public bool Continue { get; init; }

    /// <summary>With <see cref="Continue"/>: something of the run may be alive after all, in the cluster that is joined; it is taken up then.</summary>
    public bool MayLive { get; init; }

    /// <summary>cpu, or cuda:N.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>Compute lanes of a trainer.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Secret that all nodes of the cluster share.</summary>
    public required string Token { get; init; }

    /// <summary>PKCS #12 file with the key by which the nodes know each other. Null: the key comes from the token.</summary>
    public string? Certificate { get; init; }

    /// <summary>Nodes talk in plain text, and nobody is asked who it is before it speaks to the cluster.</summary>
    public bool Insecure { get; init; }

    /// <summary>Whether trainers on one host may exchange through shared memory.</summary>
    public bool SharedMemory { get; init; } = true;

    /// <summary>Coordinator's node: the database of the run's journal; null: a file in the run's directory.</summary>
    public JournalAddress? Journal { get; init; }

    /// <summary>File that takes what the node logs; null: one of its own in the run's directory.</summary>
    public string? Log { get; init; }

    /// <summary>HOCON files laid over the built-in ones.</summary>
    public IReadOnlyList<string> Config { get; init; } = [];

    /// <summary>Leases, and how many trainers a view needs.</summary>
    public MembershipOptions Membership { get; init; } = new();
}

/// <summary>What a node tells whoever started it, and how a fault reaches its inside.</summary>
public interface INodeControl
{
    /// <summary>The node is up.</summary>
    /// <param name="address">host:port that others join.</param>
    void Ready(string address);

    /// <summary>Something that the user of this node should know, whether or not there is a coordinator to tell it.</summary>
    void Notice(Notice notice)
    {
    }

    /// <summary>What the node is made of, before it says or hears anything: for a test that breaks it.</summary>
    void Begun(ActorSystem system, ExchangeNode exchange)
    {
    }

    /// <summary>How to inject a fault.</summary>
    void OnFault(Action<NodeFault> inject);
}

/// <summary>A fault inside a node.</summary>
/// <param name="Kind">partition, flip, or a <see cref="LieKind"/>.</param>
/// <param name="Duration">Of a partition.</param>
public sealed record NodeFault(string Kind, TimeSpan Duration)
{
    /// <summary>What the node's trainer is told.</summary>
    internal IInput ToInput() =>
        Kind == "flip" ? new TrainerInputs.AskedToFlip()
        : Enum.TryParse<LieKind>(Kind, ignoreCase: true, out var lie) ? new TrainerInputs.AskedToLie(lie)
        : new TrainerInputs.Deafened((long)Duration.TotalMilliseconds);
}
