using TiMix.Protocol.Messages;

namespace TiMix.Protocol.Serving;

/// <summary>What a mixer wants done. Versions of the teacher stay with the shell, by lineage and version, until they are dropped.</summary>
public static class MixerEffects
{
    /// <summary>Fetch what was published and keep it; answered by <see cref="MixerInputs.TeacherFetched"/>.</summary>
    public sealed record FetchTeacher(long Lineage, long Version, IContent Parameters) : IEffect;

    /// <summary>Nobody asks this version again. Work that has begun with it may go on.</summary>
    public sealed record DropTeacher(long Lineage, long Version) : IEffect;

    /// <summary>
    /// Read the samples and mix them; answered by <see cref="MixerInputs.Mixed"/>. <paramref name="Version"/>: of the teacher; null: it is not asked.
    /// </summary>
    public sealed record Mix(long Lineage, long Step, int MicroBatch, IContent Samples, long? Version) : IEffect;

    /// <summary>Nobody wants this any more.</summary>
    public sealed record Release(IContent Content) : IEffect;
}

/// <summary>What a mixer hears of its work.</summary>
public static class MixerInputs
{
    /// <summary>A version of the teacher is here, or was gone before it could be fetched.</summary>
    public sealed record TeacherFetched(long Lineage, long Version, bool Here) : IInput;

    /// <summary>A micro-batch is mixed; null: its samples were gone.</summary>
    public sealed record Mixed(long Lineage, long Step, int MicroBatch, IContent? Samples) : IInput;
}
