using TiMix.Exchange.Bundles;
using TiMix.Protocol.Messages;
using TiMix.Work.Mixing;
using TiMix.Work.Training;

namespace TiMix.Actors.Training;

/// <summary>Where the bytes of a message's content lie.</summary>
internal static class ContentBundles
{
    /// <summary>All that is to be let go when nobody wants the content any more.</summary>
    public static List<BundleReference> Of(IContent content) => content switch
    {
        MixedSamples mixed => [mixed.Loaded.Samples, mixed.Teacher],
        StateBuffers state => [.. state.Buffers.Values],
        TeacherParameters teacher => [teacher.Parameters],
        _ => [],
    };
}
