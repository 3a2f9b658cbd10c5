namespace TiMix.Protocol.Values;

/// <summary>Why a node cannot take part.</summary>
public enum JoinRefusalKind
{
    /// <summary>It means another run.</summary>
    OtherRun,

    /// <summary>It is of another version.</summary>
    OtherVersion,

    /// <summary>It sees another directory where the run's should be.</summary>
    OtherDirectory,

    /// <summary>It would coordinate the run by another recipe.</summary>
    OtherRecipe,

    /// <summary>A node of its name is there, and lives.</summary>
    NameTaken,
}

/// <summary>Why a node cannot take part, for its user and for that of the run.</summary>
/// <param name="Kind">In a word.</param>
/// <param name="Said">What the node says.</param>
/// <param name="Wanted">What would be right.</param>
public sealed record JoinRefusal(JoinRefusalKind Kind, string Said, string Wanted)
{
    /// <summary>In words, as a user reads them.</summary>
    public override string ToString() => Kind switch
    {
        JoinRefusalKind.OtherRun => $"it was started with --run {Said}, and this is the cluster of run {Wanted}",
        JoinRefusalKind.OtherVersion => $"it is of version {Said}, and the cluster of {Wanted}; put the same program on all machines",
        JoinRefusalKind.OtherDirectory =>
            $"its {Said} is not the directory of this run, which the coordinator has in {Wanted}; share that between the machines, and say where by --runs-dir",
        JoinRefusalKind.OtherRecipe => $"its recipe is not the one of this run, which is in {Wanted}/recipe.json; start it with that",
        _ => $"there is a node {Said} already, at {Wanted}, and it lives; give each node a --name of its own",
    };
}
