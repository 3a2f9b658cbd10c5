using TiMix.Exchange.Bundles;
using TiMix.Protocol.Messages;

namespace TiMix.Work.Training;

/// <summary>A trainer's whole state.</summary>
/// <param name="Buffers">A bundle each; see <see cref="StateTransfer"/>.</param>
public sealed record StateBuffers(IReadOnlyDictionary<string, BundleReference> Buffers) : IContent;
