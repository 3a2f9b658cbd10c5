namespace TiMix.Protocol.Tests.Simulation;

/// <summary>What a bad machine does wrong, whichever process runs on it.</summary>
internal enum SimulatedLie
{
    /// <summary>Its features are not finite.</summary>
    Features,

    /// <summary>Its gradients are not finite.</summary>
    Gradients,

    /// <summary>Its features are no part of the step.</summary>
    Shape,

    /// <summary>It says in the gather that it has another state.</summary>
    StateInGather,

    /// <summary>It tells the coordinator of another state.</summary>
    StateInStatus,

    /// <summary>It tells the coordinator of another state when it is ready, and of the right one when it holds still.</summary>
    StateWhenReady,

    /// <summary>Its compute thread stands still.</summary>
    Stall,

    /// <summary>It says of a peer that its part was wrong.</summary>
    Slander,

    /// <summary>It says so of the same peer again and again.</summary>
    SlanderOne,

    /// <summary>Its features are wrong for one of its peers, and right for the others.</summary>
    TwoFaced,
}
