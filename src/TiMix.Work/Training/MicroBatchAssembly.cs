using TiMix.Base;
using TiMix.Exchange.Bundles;
using TiMix.Learning.Mixing;
using TiMix.Learning.Model;
using TiMix.Learning.Objectives;
using TiMix.Learning.Steps;
using TiMix.Runs.Recipes;
using TiMix.Work.Loading;
using TiMix.Work.Mixing;

namespace TiMix.Work.Training;

/// <summary>What arrives in bundles, put together as the step takes it.</summary>
public static class MicroBatchAssembly
{
    /// <param name="index">Place in the global batch.</param>
    /// <param name="samples">The loader's bundle.</param>
    /// <param name="teacher">The mixer's bundle.</param>
    /// <param name="plan">The mix plan.</param>
    /// <param name="recipe">Which regions count.</param>
    /// <param name="model">Sizes.</param>
    public static MicroBatch Assemble(int index, Bundle samples, Bundle teacher, MixPlan plan, Recipe recipe, ModelConfig model) =>
        Assemble(index, SampleBundle.Unpack(samples), teacher.Get<float>("image").ToArray(), teacher.Get<float>("text").ToArray(), plan, recipe, model) with
        {
            TeacherWords = new Named<float[]>(
                KnownObjectives.All.OfType<WordObjective>().Select(objective => (objective.Name, teacher.Get<float>(objective.Name).ToArray()))),
        };

    /// <summary>The same from arrays.</summary>
    public static MicroBatch Assemble(
        int index, SampleArrays samples, float[] teacherImage, float[] teacherText, MixPlan plan, Recipe recipe, ModelConfig model)
    {
        var count = recipe.Optimization.MicroBatchSize;
        var aligned = recipe.Objective.Numbers["alignmentWeight"] > 0;
        var regions = aligned ? RegionMasks.OfRegions(samples, model) : [];
        var (captionOwner, captionMasks) = aligned
            ? RegionMasks.OfCaptions(recipe.Objective.Words[AlignmentObjective.CaptionRegion]!, samples, count, regions, model.Grid * model.Grid)
            : ([], []);
        return new MicroBatch
        {
            Index = index,
            Count = count,
            Pixels = samples.Pixels,
            SecondPixels = samples.SecondPixels,
            Tokens = samples.Tokens,
            RegionOwner = aligned ? samples.RegionOwner : [],
            RegionPhrases = aligned ? samples.RegionPhrases : [],
            RegionMasks = regions,
            CaptionOwner = captionOwner,
            CaptionMasks = captionMasks,
            Plan = plan,
            TeacherImage = teacherImage,
            TeacherText = teacherText,
        };
    }
}
