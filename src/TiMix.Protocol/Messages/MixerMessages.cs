namespace TiMix.Protocol.Messages;

/// <summary>Trainer to mixer, and back. A lineage is the oldest generation whose states count; teachers of an older one do not.</summary>
public static class MixerMessages
{
    /// <summary>Asks for one micro-batch with its mix plan and the teacher's features; <paramref name="Ahead"/>: as one of the next view.</summary>
    public sealed record Mix(long Lineage, long Step, int MicroBatch, bool Ahead = false) : ITiMixMessage;

    /// <summary>The loader's samples, and what the teacher made of them.</summary>
    public sealed record Mixed(long Lineage, long Step, int MicroBatch, IContent Samples) : ITiMixMessage;

    /// <summary>See <see cref="LoaderMessages.LoadFailed"/>.</summary>
    public sealed record MixFailed(long Lineage, long Step, int MicroBatch, string Reason) : ITiMixMessage;

    /// <summary>A mixer that lacks a version asks for it; the trainer answers when it has it.</summary>
    public sealed record WantTeacher(long Lineage, long Version) : ITiMixMessage;

    /// <summary>A version of the teacher.</summary>
    public sealed record TeacherPublished(long Lineage, long Version, IContent Parameters) : ITiMixMessage;
}
