namespace TiMix.Protocol.Faults;

/// <summary>What can be done to a node on purpose.</summary>
public enum FaultKind
{
    /// <summary>Its process dies at once.</summary>
    Kill,

    /// <summary>One more trainer comes.</summary>
    Join,

    /// <summary>It is asked to leave after the current step, and does not come back.</summary>
    Drain,

    /// <summary>Its process stands still; with a duration it goes on afterwards, like a zombie.</summary>
    Hang,

    /// <summary>Nothing that it sends arrives, and nothing arrives at it, for a while.</summary>
    Partition,

    /// <summary>One bit of its parameters changes.</summary>
    Flip,

    /// <summary>From now on its features, or at every other step its gradients, are not numbers.</summary>
    Nan,

    /// <summary>From now on its features have another shape.</summary>
    Shape,

    /// <summary>From now on it says that it has another state.</summary>
    Lie,

    /// <summary>Its compute thread stands still, while it speaks on.</summary>
    Stall,
}

/// <summary>Something to be done to a node when a step is reported.</summary>
/// <param name="Kind">What.</param>
/// <param name="Target">A role (the newest living node of it), the name of a node, or <see cref="All"/>.</param>
/// <param name="Step">Steps applied.</param>
/// <param name="Duration">How long; zero: no end.</param>
public sealed record Fault(FaultKind Kind, string Target, long Step, TimeSpan Duration)
{
    /// <summary>Every node that the launcher has started.</summary>
    public const string All = "all";

    /// <summary>Whether its trainer does wrong from then on, as a bad machine does.</summary>
    public bool IsLie => IsALie(Kind);

    /// <summary>Whether a kind makes a trainer do wrong from then on, as a bad machine does.</summary>
    public static bool IsALie(FaultKind kind) => kind is FaultKind.Nan or FaultKind.Shape or FaultKind.Lie or FaultKind.Stall;

    /// <summary>The word for its kind.</summary>
    public string Word => WordOf(Kind);

    /// <summary>The word for a kind, as in a schedule.</summary>
    public static string WordOf(FaultKind kind) => kind.ToString().ToLowerInvariant();

    /// <inheritdoc/>
    public override string ToString()
    {
        var target = Kind == FaultKind.Join ? "" : ":" + Target;
        var duration = Duration == TimeSpan.Zero ? "" : FormattableString.Invariant($"/{Duration.TotalSeconds:0.###}s");
        return FormattableString.Invariant($"{Word}{target}@{Step}{duration}");
    }
}
