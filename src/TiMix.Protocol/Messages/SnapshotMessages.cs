namespace TiMix.Protocol.Messages;

/// <summary>Coordinator to trainer, about snapshots.</summary>
public static class SnapshotMessages
{
    /// <summary>The coordinator has dealt with the report of a snapshot.</summary>
    public sealed record Acknowledged(long Step) : ITiMixMessage;
}
