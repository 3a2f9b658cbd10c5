using TiMix.Exchange.Bundles;
using TiMix.Learning.Mixing;
using TiMix.Protocol.Messages;
using TiMix.Work.Loading;

namespace TiMix.Work.Mixing;

/// <summary>A loaded micro-batch, and what the teacher made of it.</summary>
/// <param name="Loaded">As the loader gave it.</param>
/// <param name="Teacher">Bundle of the teacher's features; see <see cref="MixerAnswer"/>.</param>
/// <param name="Plan">What is pasted where.</param>
public sealed record MixedSamples(LoadedSamples Loaded, BundleReference Teacher, MixPlan Plan) : IContent;
