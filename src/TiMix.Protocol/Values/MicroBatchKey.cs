namespace TiMix.Protocol.Values;

/// <summary>A micro-batch of a step.</summary>
public readonly record struct MicroBatchKey(long Step, int MicroBatch);
