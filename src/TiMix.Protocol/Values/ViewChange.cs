namespace TiMix.Protocol.Values;

/// <summary>A view that is being prepared.</summary>
/// <param name="View">The view.</param>
/// <param name="Sources">How each of its trainers comes by the state.</param>
/// <param name="Ahead">Whether the view before it goes on training meanwhile.</param>
/// <param name="At">When it was proposed.</param>
public sealed record ProposedView(View View, IReadOnlyList<StateSource> Sources, bool Ahead, long At);

/// <summary>One change of views, for reports.</summary>
/// <param name="View">The view.</param>
/// <param name="Reason">Why it came about.</param>
/// <param name="DetectedAt">When the coordinator learned of the cause.</param>
/// <param name="InstalledAt">When it began to hold; 0: never.</param>
/// <param name="FirstStepAt">When its first step was reported; 0: never.</param>
public sealed record ViewChange(View View, ViewCause Reason, long DetectedAt, long InstalledAt, long FirstStepAt)
{
    /// <summary>Whether nobody stood still for it.</summary>
    public bool Ahead { get; init; }

    /// <summary>Whether it has just begun, so that steps told before may be told again.</summary>
    public bool Repeats => FirstStepAt == 0 && !Ahead;
}
