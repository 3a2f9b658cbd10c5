namespace TiMix.Actors.Entering;

/// <summary>Actors that hear messages of other nodes.</summary>
internal enum ActorKind
{
    /// <summary>With its guard.</summary>
    Coordinator,

    /// <summary>The coordinator's child.</summary>
    Monitor,

    /// <summary>One on each node.</summary>
    Node,

    /// <summary>Of the role.</summary>
    Trainer,

    /// <summary>Of the role.</summary>
    Mixer,

    /// <summary>Of the role.</summary>
    Loader,

    /// <summary>Of the role.</summary>
    Evaluator,

    /// <summary>Looks on.</summary>
    Observer,
}
