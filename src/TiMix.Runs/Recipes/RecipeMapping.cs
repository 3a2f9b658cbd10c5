using TiMix.Base;
using TiMix.Data;
using TiMix.Data.Augmentation;
using TiMix.Data.Loading;
using TiMix.Learning.Mixing;
using TiMix.Learning.Model;
using TiMix.Learning.Objectives;
using TiMix.Learning.Optimization;

namespace TiMix.Runs.Recipes;

/// <summary>What the rooms below want to know of a recipe, in their own words.</summary>
public static class RecipeMapping
{
    /// <summary>Sizes of the model: the preset with the recipe's changes.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="vocabularySize">Of the tokenizer.</param>
    /// <param name="special">The tokenizer's ids that are no words; null: those of a vocabulary that begins with them.</param>
    public static ModelConfig ModelConfig(this Recipe recipe, int vocabularySize, SpecialTokens? special = null)
    {
        var (preset, parts) = (ModelPreset.Load(recipe.Model.Preset), recipe.Parts());
        return preset with
        {
            FusionLayers = parts.HasFlag(ModelParts.Fusion) ? recipe.Model.FusionLayers ?? preset.FusionLayers : 0,
            DecoderLayers = parts.HasFlag(ModelParts.Decoder) ? recipe.Model.DecoderLayers ?? preset.DecoderLayers : 0,
            MatchingHead = parts.HasFlag(ModelParts.Matching),
            MlmHead = parts.HasFlag(ModelParts.Masked),
            ImageSize = recipe.Model.ImageSize ?? preset.ImageSize,
            PatchSize = recipe.Model.PatchSize ?? preset.PatchSize,
            VisionWidth = recipe.Model.VisionWidth ?? preset.VisionWidth,
            VisionLayers = recipe.Model.VisionLayers ?? preset.VisionLayers,
            VisionHeads = recipe.Model.VisionHeads ?? preset.VisionHeads,
            TextWidth = recipe.Model.TextWidth ?? preset.TextWidth,
            TextLayers = recipe.Model.TextLayers ?? preset.TextLayers,
            TextHeads = recipe.Model.TextHeads ?? preset.TextHeads,
            EmbedDim = recipe.Model.EmbedDim ?? preset.EmbedDim,
            Precision = recipe.Model.Precision ?? preset.Precision,
            Recompute = recipe.Model.Recompute is { } again ? again == 1 : preset.Recompute,
            TextLayout = recipe.Model.TextLayout ?? preset.TextLayout,
            VisionActivation = recipe.Model.VisionActivation ?? preset.VisionActivation,
            TextActivation = recipe.Model.TextActivation ?? preset.TextActivation,
            ContextLength = recipe.Data.ContextLength,
            VocabularySize = vocabularySize,
            SpecialTokens = special ?? preset.SpecialTokens,
        };
    }

    /// <summary>What the objectives that are switched on need of the model.</summary>
    public static ModelParts Parts(this Recipe recipe) => KnownObjectives.All
        .Where(objective => recipe.Objective.Numbers[objective.WeightKey] > 0)
        .Aggregate(ModelParts.None, (parts, objective) => parts | objective.Parts);

    /// <summary>How samples become arrays.</summary>
    public static LoaderOptions LoaderOptions(this Recipe recipe, ModelConfig model) => new()
    {
        ImageSize = model.ImageSize,
        ContextLength = recipe.Data.ContextLength,
        PhraseLength = recipe.Data.PhraseLength,
        RegionsPerImage = recipe.Data.RegionsPerImage,
        Questions = recipe.Data.Task == Tasks.Vqa,
        SecondViewSteps = recipe.MixMethod().SecondView ? MixingSteps(recipe) : 0,
        Augmentation = new AugmentationOptions
        {
            MaxShift = recipe.Data.Augmentation.MaxShift,
            MinScale = recipe.Data.Augmentation.MinScale,
            Flip = recipe.Data.Augmentation.Flip,
            RandAugmentOps = recipe.Data.Augmentation.RandAugmentOps,
            RandAugmentMagnitude = recipe.Data.Augmentation.RandAugmentMagnitude,
        },
    };

    /// <summary>How samples become arrays for an evaluation: all phrases are to be found where that is the task.</summary>
    public static LoaderOptions EvaluationOptions(this Recipe recipe, ModelConfig model) =>
        recipe.Data.Task == Tasks.Grounding ? recipe.LoaderOptions(model) with { RegionsPerImage = Tasks.GroundedPhrases } : recipe.LoaderOptions(model);

    /// <summary>Which samples each step takes.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="count">Training samples.</param>
    /// <exception cref="DataException">They do not make one global batch.</exception>
    public static SampleOrder SampleOrder(this Recipe recipe, int count) =>
        new(
            recipe.Run.Seed, count, recipe.Optimization.MicroBatches * recipe.Optimization.MicroBatchSize, recipe.Optimization.MicroBatches,
            recipe.Data.Fraction);

    /// <summary>The optimizer's constants.</summary>
    public static AdamWOptions AdamWOptions(this Recipe recipe) => new()
    {
        Beta1 = recipe.Optimization.Beta1,
        Beta2 = recipe.Optimization.Beta2,
        Epsilon = recipe.Optimization.Epsilon,
        WeightDecay = recipe.Optimization.WeightDecay,
    };

    /// <summary>How images are mixed.</summary>
    public static MixMethod MixMethod(this Recipe recipe) => MixMethods.Find(recipe.Mix.Method)
        ?? throw new RunError($"recipe: \"mix.method\" is \"{recipe.Mix.Method}\"; it can be {MixMethods.Choice}.");

    /// <summary>Limits of the window's side.</summary>
    public static MixOptions MixOptions(this Recipe recipe) => new() { MinSide = recipe.Mix.MinSide, MaxSide = recipe.Mix.MaxSide };

    /// <summary>The scheduled numbers of a step.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="step">Counted from 0.</param>
    public static StepSettings SettingsAt(this Recipe recipe, long step)
    {
        var optimization = recipe.Optimization;
        return new StepSettings(
            step,
            Schedules.LearningRate(step, optimization.Steps, optimization.WarmupSteps, optimization.LearningRate, optimization.Floor),
            Schedules.Ramp(step, recipe.Objective.DistillRampSteps, recipe.Objective.DistillAlpha),
            Schedules.Ramp(step, recipe.Mix.RampSteps, recipe.Mix.Weight),
            Mixing(recipe, step),
            recipe.Mix.Labels switch
            {
                "hard" => MixLabels.Hard,
                "self" => MixLabels.Self,
                "blend" => MixLabels.Blend,
                var other => throw new RunError($"recipe: \"mix.labels\" is \"{other}\"; it can be hard, self or blend."),
            },
            recipe.Mix.Beta)
        {
            PretrainedLearningRate = optimization.PretrainedLearningRate is { } peak
                ? Schedules.LearningRate(step, optimization.Steps, optimization.WarmupSteps, peak, Math.Min(peak, optimization.Floor))
                : null,
            Seed = recipe.Run.Seed,
            ItcWeight = recipe.Objective.ItcWeight,
            Prefix = recipe.Data.Task switch { Tasks.Captioning => PrefixMode.Empty, Tasks.Vqa => PrefixMode.First, _ => PrefixMode.Random },
            Numbers = recipe.Objective.Numbers,
        };
    }

    /// <summary>Steps, from the first, in which the mixed loss takes part if the method mixes.</summary>
    internal static long MixingSteps(this Recipe recipe) => recipe.Mix.Weight > 0 ? (long)Math.Ceiling(recipe.Mix.Until * recipe.Optimization.Steps) : 0;

    private static bool Mixing(Recipe recipe, long step) => recipe.MixMethod().Mixes && step < recipe.MixingSteps();
}
