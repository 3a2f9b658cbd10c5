namespace TiMix.Protocol.Values;

/// <summary>A view that is being prepared.</summary>
public sealed record ProposedView(View View, IReadOnlyList<StateSource> Sources);

/// <summary>One change of views, for reports.</summary>
/// <param name="View">The view.</param>
/// <param name="Reason">Why it came about.</param>
/// <param name="DetectedAt">When the coordinator learned of the cause.</param>
/// <param name="InstalledAt">When it began to hold; 0: never.</param>
/// <param name="FirstStepAt">When its first step was reported; 0: never.</param>
public sealed record ViewChange(View View, ViewCause Reason, long DetectedAt, long InstalledAt, long FirstStepAt);
