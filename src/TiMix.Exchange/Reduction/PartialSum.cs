using TiMix.Exchange.Bundles;

namespace TiMix.Exchange.Reduction;

/// <summary>One node of the fixed tree, summed.</summary>
/// <param name="Lo">First micro-batch.</param>
/// <param name="Hi">One past the last micro-batch.</param>
/// <param name="Values">Floats of the vector; the block stays its owner's.</param>
public sealed record PartialSum(int Lo, int Hi, NativeBlock Values);
