using TiMix.Base;
using TiMix.Exchange.Bundles;
using TiMix.Protocol.Messages;

namespace TiMix.Work.Loading;

/// <summary>One micro-batch of clean, augmented samples.</summary>
/// <param name="Samples">Bundle of pixels, tokens and regions; see <see cref="SampleBundle"/>.</param>
/// <param name="Epoch">From 0.</param>
/// <param name="Indices">[b] of the samples as drawn; a broken one keeps its own.</param>
/// <param name="Replacements">Samples that could not be used.</param>
public sealed record LoadedSamples(BundleReference Samples, int Epoch, IReadOnlyList<int> Indices, IReadOnlyList<Replacement> Replacements) : IContent;
