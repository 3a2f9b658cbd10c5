using TiMix.Learning.Mixing;
using TiMix.Learning.Model;
using TiMix.Learning.Steps;
using TiMix.Runs.Recipes;
using TiMix.Work.Mixing;

namespace TiMix.Work.Training;

/// <summary>A micro-batch of a run's sizes with nothing in it, to compute something before there are data.</summary>
public static class MadeUpMicroBatch
{
    /// <summary>Grey pictures, captions of the greatest length, as many regions as pictures may have, mixed as the recipe says; nothing is distilled.</summary>
    /// <param name="recipe">Sizes and the method of mixing.</param>
    /// <param name="model">Sizes.</param>
    public static MicroBatch Of(Recipe recipe, ModelConfig model)
    {
        var (samples, patches) = (recipe.Optimization.MicroBatchSize, model.Grid * model.Grid);
        var regions = samples * recipe.Data.RegionsPerImage;
        byte[] pixels = [.. Enumerable.Repeat((byte)128, samples * 3 * model.ImageSize * model.ImageSize)];
        return new MicroBatch
        {
            Index = 0,
            Count = samples,
            Pixels = pixels,
            SecondPixels = pixels,
            Tokens = Texts(samples, recipe.Data.ContextLength, model.SpecialTokens),
            RegionOwner = [.. Enumerable.Range(0, regions).Select(region => region / recipe.Data.RegionsPerImage)],
            RegionPhrases = Texts(regions, recipe.Data.PhraseLength, model.SpecialTokens),
            RegionMasks = [.. Enumerable.Repeat((byte)1, regions * patches)],
            CaptionOwner = [],
            CaptionMasks = [],
            Plan = MixPlanner.Plan(recipe.MixMethod(), new float[samples * patches], samples, model.Grid, recipe.Run.Seed, recipe.MixOptions()),
            TeacherImage = [],
            TeacherText = [],
        };
    }

    private static int[] Texts(int count, int length, SpecialTokens special) =>
        [.. Enumerable.Repeat<int[]>([special.Class, .. Enumerable.Repeat(special.Mask, length - 2), special.Separator], count).SelectMany(text => text)];
}
