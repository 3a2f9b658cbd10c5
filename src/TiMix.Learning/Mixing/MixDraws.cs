namespace TiMix.Learning.Mixing;

/// <summary>What is drawn for a mix plan, each from a seed of its own: (the plan's seed, one of these).</summary>
internal static class MixDraws
{
    /// <summary>How much is mixed in. The same for all methods at the same seed, so that they can be compared in pairs.</summary>
    public const ulong Share = 1;

    /// <summary>Where it goes.</summary>
    public const ulong Target = 2;

    /// <summary>Where it comes from.</summary>
    public const ulong Source = 3;
}
