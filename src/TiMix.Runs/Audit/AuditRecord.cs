namespace TiMix.Runs.Audit;

/// <summary>What a trainer saw summed in one step that it applied, as every micro-batch's own computer reported it.</summary>
/// <param name="Generation">Of the view.</param>
/// <param name="Step">Steps applied with it, so the first is 1.</param>
/// <param name="Trainer">Id of the trainer that writes this down.</param>
/// <param name="Epoch">Epoch of the step, from 0.</param>
/// <param name="MicroBatches">All parts of the sum.</param>
public sealed record AuditRecord(long Generation, long Step, string Trainer, int Epoch, IReadOnlyList<AuditMicroBatch> MicroBatches);

/// <summary>One part of the sum.</summary>
/// <param name="Index">Its place in the global batch.</param>
/// <param name="By">Id of the trainer that computed it.</param>
/// <param name="Samples">Indices of its samples in the training data, as drawn (a broken sample keeps its own index, whatever stood in for it).</param>
public sealed record AuditMicroBatch(int Index, string By, IReadOnlyList<int> Samples);
