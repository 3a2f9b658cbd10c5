namespace TiMix.Base;

/// <summary>What a node can do for a run.</summary>
public static class NodeRoles
{
    /// <summary>Remembers the run and hands out views.</summary>
    public const string Coordinator = "coordinator";

    /// <summary>Decodes and augments samples.</summary>
    public const string Loader = "loader";

    /// <summary>Holds the teacher and plans mixes.</summary>
    public const string Mixer = "mixer";

    /// <summary>Computes micro-batches.</summary>
    public const string Trainer = "trainer";

    /// <summary>Evaluates snapshots.</summary>
    public const string Evaluator = "evaluator";

    /// <summary>Looks on.</summary>
    public const string Launcher = "launcher";

    /// <summary>All that a run needs.</summary>
    public static IReadOnlyList<string> All { get; } = [Coordinator, Loader, Mixer, Trainer, Evaluator];
}
