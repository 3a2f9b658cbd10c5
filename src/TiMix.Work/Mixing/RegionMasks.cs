using TiMix.Learning.Mixing;
using TiMix.Learning.Model;
using TiMix.Runs.Recipes;
using TiMix.Work.Loading;

namespace TiMix.Work.Mixing;

/// <summary>Boxes of regions as patches of the grid.</summary>
public static class RegionMasks
{
    /// <summary>One mask a region.</summary>
    /// <returns>[R, N], 1 where the box touches the patch.</returns>
    public static byte[] OfRegions(SampleArrays samples, ModelConfig model) =>
        [.. PatchGrid.Masks(samples.RegionBoxes, model.ImageSize, model.PatchSize).Select(value => value > 0 ? (byte)1 : (byte)0)];

    /// <summary>The regions of whole captions.</summary>
    /// <param name="kind">phrases, whole or none; see <c>objective.captionRegion</c>.</param>
    /// <param name="samples">The samples.</param>
    /// <param name="count">Samples b.</param>
    /// <param name="regions">[R, N] from <see cref="OfRegions"/>.</param>
    /// <param name="patches">N.</param>
    /// <returns>Samples that have one, ascending, and a mask [N] for each.</returns>
    public static (int[] Owner, byte[] Masks) OfCaptions(string kind, SampleArrays samples, int count, byte[] regions, int patches)
    {
        if (kind == "none")
        {
            return ([], []);
        }

        if (kind == "whole")
        {
            return ([.. Enumerable.Range(0, count)], [.. Enumerable.Repeat((byte)1, count * patches)]);
        }

        var masks = new SortedDictionary<int, byte[]>();
        for (var region = 0; region < samples.RegionOwner.Length; region++)
        {
            if (samples.RegionInCaption[region] == 0)
            {
                continue;
            }

            var owner = samples.RegionOwner[region];
            if (!masks.TryGetValue(owner, out var mask))
            {
                masks.Add(owner, mask = new byte[patches]);
            }

            for (var i = 0; i < patches; i++)
            {
                mask[i] |= regions[(region * patches) + i];
            }
        }

        return ([.. masks.Keys], [.. masks.Values.SelectMany(mask => mask)]);
    }

    /// <summary>Saliency from the true boxes: 1 on the patches that the caption talks about, 0 elsewhere. [b, N].</summary>
    public static float[] OracleSaliency(SampleArrays samples, int count, ModelConfig model)
    {
        var patches = model.Grid * model.Grid;
        var (owner, masks) = OfCaptions("phrases", samples, count, OfRegions(samples, model), patches);
        var saliency = new float[count * patches];
        for (var i = 0; i < masks.Length; i++)
        {
            saliency[(owner[i / patches] * patches) + (i % patches)] = masks[i];
        }

        return saliency;
    }
}
