using TiMix.Base;
using TiMix.Data.Loading;
using TiMix.Learning.Mixing;
using TiMix.Learning.Model;
using TiMix.Learning.Runtime;
using static TorchSharp.torch;

namespace TiMix.Work.Evaluation;

/// <summary>What a model makes of a whole split. n images, m captions, d embedding width, R regions.</summary>
internal sealed class SplitFeatures
{
    private const int BatchSize = 64;

    private SplitFeatures(int width) => Width = width;

    /// <summary>n.</summary>
    public int Pairs { get; private set; }

    /// <summary>d.</summary>
    public int Width { get; }

    /// <summary>[n, d], L2-normalised.</summary>
    public float[] Images { get; private set; } = [];

    /// <summary>[m, d], L2-normalised.</summary>
    public float[] Captions { get; private set; } = [];

    /// <summary>[m], the image each caption belongs to.</summary>
    public int[] Owner { get; private set; } = [];

    /// <summary>[R, N] log p of each patch.</summary>
    public float[] Maps { get; private set; } = [];

    /// <summary>[R, 4].</summary>
    public float[] Boxes { get; private set; } = [];

    /// <summary>[R] the image each region belongs to.</summary>
    public int[] RegionOwner { get; private set; } = [];

    /// <summary>Encodes all of a split.</summary>
    /// <param name="reader">Its samples, un-augmented.</param>
    /// <param name="model">Encodes.</param>
    /// <param name="regions">Whether saliency maps of the regions are wanted.</param>
    /// <param name="probe">Takes the images it wants to mix; null: nobody does.</param>
    /// <param name="stop">Gives up.</param>
    public static SplitFeatures Encode(EvaluationReader reader, EvaluatedModel model, bool regions, MixedProbe? probe, CancellationToken stop)
    {
        var (images, captions, owner) = (new List<float>(), new List<float>(), new List<int>());
        var (maps, boxes, regionOwner) = (new List<float>(), new List<float>(), new List<int>());
        var (encoder, device, pairs) = (model.Encoder, model.Device, 0);
        foreach (var (first, batch) in reader.Batches(BatchSize, stop))
        {
            var count = batch.SampleIndices.Length;
            using var scope = NewDisposeScope();
            using var noGrad = no_grad();
            var image = encoder.EncodeImages(Pixels.Normalize(batch.Pixels, count, model.Config.ImageSize, device), regions);
            images.AddRange(HostFloats.Of(image.Feature));
            foreach (var texts in batch.CaptionTokens.Chunk(BatchSize * (batch.Tokens.Length / count)))
            {
                captions.AddRange(model.TextFeatures(texts, texts.Length * count / batch.Tokens.Length));
            }

            owner.AddRange(batch.CaptionOwner.Select(index => first + index));
            if (regions && batch.RegionOwner.Length > 0)
            {
                var cls = encoder.EncodeTexts(TokenMatrix.Of(batch.RegionPhrases, batch.RegionOwner.Length, device)).Cls;
                var of = tensor(batch.RegionOwner, device: device).to(ScalarType.Int64);
                maps.AddRange(Saliency.FromLogits(encoder.PatchTextLogits(image.Middle!, of, cls)));
                boxes.AddRange(batch.RegionBoxes);
                regionOwner.AddRange(batch.RegionOwner.Select(index => first + index));
            }

            probe?.Add(batch, first, model);
            pairs = first + count;
        }

        return new SplitFeatures(model.Config.EmbedDim)
        {
            Pairs = pairs,
            Images = [.. images],
            Captions = [.. captions],
            Owner = [.. owner],
            Maps = [.. maps],
            Boxes = [.. boxes],
            RegionOwner = [.. regionOwner],
        };
    }

    /// <summary>Gives every image the captions of another one, drawn by a seed: what chance looks like.</summary>
    public void ShuffleCaptions(ulong seed)
    {
        int[] newOwner = [.. Enumerable.Range(0, Pairs)];
        new SeededRandom(seed).Shuffle<int>(newOwner);
        Owner = [.. Owner.Select(image => newOwner[image])];
    }

    /// <summary>[n, d], the first caption of each image: what is measured of pairs is measured of these.</summary>
    public float[] FirstCaptions()
    {
        var first = new float[Pairs * Width];
        for (var caption = Owner.Length - 1; caption >= 0; caption--)
        {
            Captions.AsSpan(caption * Width, Width).CopyTo(first.AsSpan(Owner[caption] * Width));
        }

        return first;
    }
}
