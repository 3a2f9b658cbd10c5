namespace TiMix.Protocol.Values;

/// <summary>Which steps ask the teacher at all.</summary>
/// <param name="DistillsFrom">The first step that takes soft targets from it; <see cref="long.MaxValue"/>: none does.</param>
/// <param name="MixesUntil">Steps, from the first, that are mixed by its saliency; 0: none is.</param>
public sealed record TeacherNeed(long DistillsFrom, long MixesUntil)
{
    /// <summary>Whether that step does.</summary>
    /// <param name="step">Counted from 0.</param>
    public bool At(long step) => step >= DistillsFrom || step < MixesUntil;
}
