using TiMix.Data.Loading;
using TiMix.Exchange.Bundles;
using TiMix.Learning.Model;

namespace TiMix.Work.Loading;

/// <summary>The arrays of a loaded micro-batch, as a bundle and back. b samples, S image side, L and Lp token lengths, R regions.</summary>
/// <param name="Pixels">uint8 [b, 3, S, S].</param>
/// <param name="Tokens">[b, L].</param>
/// <param name="RegionOwner">[R].</param>
/// <param name="RegionBoxes">[R, 4] x, y, width, height in pixels.</param>
/// <param name="RegionPhrases">[R, Lp].</param>
/// <param name="RegionInCaption">[R] 1 when the caption says the phrase.</param>
public sealed record SampleArrays(byte[] Pixels, int[] Tokens, int[] RegionOwner, float[] RegionBoxes, int[] RegionPhrases, byte[] RegionInCaption)
{
    /// <summary>uint8 [b, 3, S, S], second views; empty where none are asked for.</summary>
    public byte[] SecondPixels { get; init; } = [];
}

/// <summary>Packs and unpacks <see cref="SampleArrays"/>.</summary>
public static class SampleBundle
{
    /// <summary>A bundle with a copy of the batch's arrays.</summary>
    public static Bundle Pack(LoadedBatch batch) => new Bundle.Builder()
        .Add("pixels", batch.Pixels)
        .Add("tokens", batch.Tokens)
        .Add("regions.owner", batch.RegionOwner)
        .Add("regions.boxes", batch.RegionBoxes)
        .Add("regions.phrases", batch.RegionPhrases)
        .Add("regions.in-caption", batch.RegionInCaption)
        .Add("pixels.second", batch.SecondPixels)
        .Build();

    /// <summary>The arrays, copied out of the bundle.</summary>
    public static SampleArrays Unpack(Bundle bundle) => new(
        bundle.Get<byte>("pixels").ToArray(),
        bundle.Get<int>("tokens").ToArray(),
        bundle.Get<int>("regions.owner").ToArray(),
        bundle.Get<float>("regions.boxes").ToArray(),
        bundle.Get<int>("regions.phrases").ToArray(),
        bundle.Get<byte>("regions.in-caption").ToArray())
    {
        SecondPixels = bundle.Get<byte>("pixels.second").ToArray(),
    };
}
