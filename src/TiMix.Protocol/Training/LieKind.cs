namespace TiMix.Protocol.Training;

/// <summary>What a trainer does wrong on purpose, so that it can be seen that others notice.</summary>
public enum LieKind
{
    /// <summary>Its features, or at other steps its gradients, are not numbers.</summary>
    Nan,

    /// <summary>Its features have another shape.</summary>
    Shape,

    /// <summary>It says that its state has another hash.</summary>
    Lie,

    /// <summary>Its compute thread stands still.</summary>
    Stall,
}
