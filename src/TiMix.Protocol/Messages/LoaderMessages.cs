namespace TiMix.Protocol.Messages;

/// <summary>Mixer to loader, and back.</summary>
public static class LoaderMessages
{
    /// <summary>Asks for one micro-batch of clean, augmented samples.</summary>
    public sealed record Load(long Step, int MicroBatch) : ITiMixMessage;

    /// <summary>The samples.</summary>
    public sealed record Loaded(long Step, int MicroBatch, IContent Samples) : ITiMixMessage;

    /// <summary>The data cannot give this micro-batch, and asking again would not help.</summary>
    public sealed record LoadFailed(long Step, int MicroBatch, string Reason) : ITiMixMessage;
}
