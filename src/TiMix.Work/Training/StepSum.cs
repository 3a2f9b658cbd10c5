using TiMix.Exchange.Bundles;
using TiMix.Protocol.Messages;

namespace TiMix.Work.Training;

/// <summary>The summed gradient of a step.</summary>
/// <param name="Sum">Bundle with [parameters] floats; see <see cref="StateTransfer"/>.</param>
public sealed record StepSum(BundleReference Sum) : IContent;
