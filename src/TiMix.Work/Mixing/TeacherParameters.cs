using TiMix.Exchange.Bundles;
using TiMix.Protocol.Messages;

namespace TiMix.Work.Mixing;

/// <summary>A version of the teacher.</summary>
/// <param name="Parameters">Bundle with its flat parameters.</param>
public sealed record TeacherParameters(BundleReference Parameters) : IContent;
