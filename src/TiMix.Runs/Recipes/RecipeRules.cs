using System.Globalization;
using TiMix.Base;
using TiMix.Learning.Mixing;
using TiMix.Learning.Model;
using TiMix.Learning.Objectives;
using TiMix.Protocol.Values;

namespace TiMix.Runs.Recipes;

/// <summary>What a recipe's values must be.</summary>
public static class RecipeRules
{
    /// <summary>Refuses the first value that cannot be right.</summary>
    /// <exception cref="RunError">One line: where, which key, what it is, what would be right.</exception>
    public static void Check(Recipe recipe, string where)
    {
        void Need(bool holds, string key, object? value, string right)
        {
            if (!holds)
            {
                throw new RunError($"{where}: \"{key}\" is {Show(value)}; it must be {right}.");
            }
        }

        void OneOf(string key, string value, params string[] known) => Need(known.Contains(value), key, value, "one of " + string.Join(", ", known));
        void Whole(string key, long value, long from, long to = int.MaxValue) =>
            Need(value >= from && value <= to, key, value, to == int.MaxValue ? $"a whole number from {from} up" : $"a whole number from {from} to {to}");
        void Share(string key, double value) => Need(value is >= 0 and <= 1, key, value, "from 0 to 1");
        void Positive(string key, double value) => Need(value > 0 && double.IsFinite(value), key, value, "larger than 0");
        void NotNegative(string key, double value) => Need(value >= 0 && double.IsFinite(value), key, value, "0 or larger");

        void Layers(string key, int? given, Func<ModelConfig, int> preset, string why) => Need(
            (given ?? (ModelPreset.Names.Contains(recipe.Model.Preset) ? preset(ModelPreset.Load(recipe.Model.Preset)) : 1)) > 0,
            key, given ?? 0, $"1 or more, or the preset's: {why}");

        var (data, optimization, teacher, mix, objective, run) = (recipe.Data, recipe.Optimization, recipe.Teacher, recipe.Mix, recipe.Objective, recipe.Run);
        Need(data.Train.Length > 0, "data.train", data.Train, "a pattern of shards, for example shards/train-{000..099}.tar");
        Need(data.Fraction is > 0 and <= 1, "data.fraction", data.Fraction, "larger than 0, at most 1");
        Need(data.Vocabulary.Length > 0, "data.vocabulary", data.Vocabulary, "a WordPiece vocabulary file");
        Need(data.Tests.Values.All(pattern => pattern.Length > 0), "data.tests", "", "a pattern for every name");
        Whole("data.contextLength", data.ContextLength, 3, 4096);
        Whole("data.phraseLength", data.PhraseLength, 3, data.ContextLength);
        Whole("data.regionsPerImage", data.RegionsPerImage, 0, 100);
        Whole("data.augmentation.maxShift", data.Augmentation.MaxShift, 0, 4096);
        Need(data.Augmentation.MinScale is > 0 and <= 1, "data.augmentation.minScale", data.Augmentation.MinScale, "larger than 0, at most 1");
        Share("data.augmentation.flip", data.Augmentation.Flip);
        Whole("data.augmentation.randAugmentOps", data.Augmentation.RandAugmentOps, 0, 20);
        Whole("data.augmentation.randAugmentMagnitude", data.Augmentation.RandAugmentMagnitude, 0, 10);
        OneOf("model.precision", recipe.Model.Precision ?? "float32", "float32", "bf16");
        Need(recipe.Model.TextLayout != "clip", "model.textLayout", "clip", "timix or bert: CLIP's text tower needs CLIP's own tokenizer, which is not here");
        OneOf("model.textLayout", recipe.Model.TextLayout ?? "timix", "timix", "bert");
        OneOf("model.visionActivation", recipe.Model.VisionActivation ?? "gelu", "gelu", "quick_gelu");
        OneOf("model.textActivation", recipe.Model.TextActivation ?? "gelu", "gelu", "quick_gelu");
        var hash = recipe.Model.InitSha256;
        Need(
            hash.Length == 0 || (hash.Length == 64 && hash.All(char.IsAsciiHexDigitLower)), "model.initSha256", hash,
            "64 lower-case hexadecimal digits, or empty");
        Whole("model.recompute", recipe.Model.Recompute ?? 0, 0, 1);
        Whole("optimization.steps", optimization.Steps, 1, 1_000_000_000);
        Whole("optimization.microBatches", optimization.MicroBatches, 1, 65536);
        Whole("optimization.microBatchSize", optimization.MicroBatchSize, 2, 65536);
        Need(optimization.MicroBatchSize % 2 == 0, "optimization.microBatchSize", optimization.MicroBatchSize, "even: images are mixed in pairs");
        Positive("optimization.learningRate", optimization.LearningRate);
        if (optimization.PretrainedLearningRate is { } pretrained)
        {
            Positive("optimization.pretrainedLearningRate", pretrained);
            Need(
                recipe.Model.Init.Length > 0, "optimization.pretrainedLearningRate", pretrained,
                "null as long as model.init names no file of pre-trained parameters");
        }

        Whole("optimization.warmupSteps", optimization.WarmupSteps, 0);
        NotNegative("optimization.floor", optimization.Floor);
        NotNegative("optimization.weightDecay", optimization.WeightDecay);
        Need(optimization.Beta1 is >= 0 and < 1, "optimization.beta1", optimization.Beta1, "from 0, below 1");
        Need(optimization.Beta2 is >= 0 and < 1, "optimization.beta2", optimization.Beta2, "from 0, below 1");
        Positive("optimization.epsilon", optimization.Epsilon);
        NotNegative("optimization.clipNorm", optimization.ClipNorm);
        Share("teacher.decay", teacher.Decay);
        Whole("teacher.refreshEvery", teacher.RefreshEvery, 1);
        OneOf("mix.method", mix.Method, [.. MixMethods.Names]);
        var method = MixMethods.Find(mix.Method)!;
        OneOf("mix.labels", mix.Labels, "hard", "self", "blend");
        Need(
            !method.SecondView || mix.Labels == "hard", "mix.labels", mix.Labels,
            $"hard with \"mix.method\" {mix.Method}, whose pictures have one caption each");
        Share("mix.beta", mix.Beta);
        Need(mix.MinSide is > 0 and <= 1, "mix.minSide", mix.MinSide, "larger than 0, at most 1");
        Need(mix.MaxSide >= mix.MinSide && mix.MaxSide <= 1, "mix.maxSide", mix.MaxSide, "at least mix.minSide, at most 1");
        NotNegative("mix.weight", mix.Weight);
        Whole("mix.rampSteps", mix.RampSteps, 0);
        Share("mix.until", mix.Until);
        Share("objective.distillAlpha", objective.DistillAlpha);
        Whole("objective.distillRampSteps", objective.DistillRampSteps, 0);
        foreach (var known in KnownObjectives.All)
        {
            NotNegative("objective." + known.WeightKey, objective.Numbers[known.WeightKey]);
            foreach (var number in known.Settings.OfType<ObjectiveNumber>())
            {
                var value = objective.Numbers[number.Key];
                Need(
                    value > number.Above && value < number.Below, "objective." + number.Key, value,
                    FormattableString.Invariant($"larger than {number.Above}, below {number.Below}"));
            }

            foreach (var choice in known.Settings.OfType<ObjectiveChoice>())
            {
                OneOf("objective." + choice.Key, objective.Words[choice.Key]!, [.. choice.Known]);
            }
        }

        Whole("model.fusionLayers", recipe.Model.FusionLayers ?? 0, 0, 1000);
        Whole("model.decoderLayers", recipe.Model.DecoderLayers ?? 0, 0, 1000);
        var parts = recipe.Parts();
        if (parts.HasFlag(ModelParts.Fusion))
        {
            string[] keys = [.. KnownObjectives.All.Where(known => known.Fuses).Select(known => known.WeightKey)];
            Layers(
                "model.fusionLayers", recipe.Model.FusionLayers, preset => preset.FusionLayers,
                $"objective.{string.Join(", ", keys.SkipLast(1))} and {keys[^1]} read image and text together");
        }

        if (parts.HasFlag(ModelParts.Decoder))
        {
            var writing = KnownObjectives.All.First(known => known.Parts.HasFlag(ModelParts.Decoder) && objective.Numbers[known.WeightKey] > 0);
            Layers("model.decoderLayers", recipe.Model.DecoderLayers, preset => preset.DecoderLayers, $"objective.{writing.WeightKey} needs a decoder");
        }

        NotNegative("objective.itcWeight", objective.ItcWeight);
        OneOf("data.task", data.Task, [.. Tasks.All]);
        Need(
            data.Task is not (Tasks.Vqa or Tasks.Captioning) || objective.Numbers["prefixLmWeight"] > 0, "objective.prefixLmWeight",
            objective.Numbers["prefixLmWeight"], $"larger than 0 with \"data.task\" {data.Task}: the decoder writes what is measured");
        Need(
            data.Task != Tasks.Grounding || objective.Numbers["alignmentWeight"] > 0, "objective.alignmentWeight", objective.Numbers["alignmentWeight"],
            "larger than 0 with \"data.task\" grounding: the patch–text predictor finds the boxes");
        Need(
            data.Task != Tasks.Vqa || data.Answers.Length > 0, "data.answers", data.Answers,
            "a file with the answers that are ranked, one a line, with \"data.task\" vqa");
        Need(data.Task != Tasks.Vqa || !method.Mixes, "mix.method", mix.Method, "none with \"data.task\" vqa: a mixed picture has no answer");
        Whole("run.beams", run.Beams, 1, 1000);
        NotNegative("run.lengthPenalty", run.LengthPenalty);
        Whole("run.prefetch", run.Prefetch, 1, 100_000);
        Whole("run.graphsInMemory", run.GraphsInMemory, 0);
        Whole("run.snapshotEvery", run.SnapshotEvery, 1);
        Whole("run.keepSnapshots", run.KeepSnapshots, 1, 100_000);
        Whole("run.evaluateEvery", run.EvaluateEvery, 0);
        Whole("run.rerankCandidates", run.RerankCandidates, 0, 100_000);
    }

    private static string Show(object? value) => value is string text ? $"\"{text}\"" : Convert.ToString(value, CultureInfo.InvariantCulture) ?? "null";
}
