using TiMix.Exchange.Bundles;
using TiMix.Learning.Mixing;
using TiMix.Learning.Model;
using TiMix.Learning.Objectives;
using TiMix.Learning.Training;
using TiMix.Runs.Recipes;
using TiMix.Work.Loading;
using TiMix.Work.Mixing;
using TiMix.Work.Training;
using static TorchSharp.torch;

namespace TiMix.Actors.Tests.Mixing;

public sealed class MixerTests
{
    private const int B = 2;
    private const int Patches = 16;

    private static readonly ModelConfig Model = new()
    {
        ImageSize = 16, PatchSize = 4, VisionWidth = 16, VisionLayers = 2, VisionHeads = 2, TextWidth = 16, TextLayers = 2, TextHeads = 2, EmbedDim = 8,
        ContextLength = 6, VocabularySize = 20,
    };

    private static readonly Recipe Sample = new()
    {
        Optimization = new OptimizationRecipe { Steps = 10, MicroBatches = 2, MicroBatchSize = B },
        Mix = new MixRecipe { RampSteps = 0, Until = 0.5 },
        Objective = new ObjectiveRecipe { DistillRampSteps = 0 },
    };

    /// <summary>Sample 0: a box over patches 0 and 1 that the caption names, and one over patch 10 that it does not; sample 1: everything, not named.</summary>
    private static readonly SampleArrays Samples = new(
        [.. Enumerable.Range(0, B * 3 * 16 * 16).Select(i => (byte)(i * 7 % 251))],
        [2, 5, 6, 3, 0, 0, 2, 7, 3, 0, 0, 0],
        [0, 0, 1],
        [0, 0, 8, 4, 8, 8, 4, 4, 0, 0, 16, 16],
        [2, 5, 3, 2, 6, 3, 2, 7, 3],
        [1, 0, 0]);

    [Fact]
    public void Boxes_become_patches() =>
        Assert.Equal([.. Mask(0, 1), .. Mask(10), .. Mask([.. Enumerable.Range(0, Patches)])], RegionMasks.OfRegions(Samples, Model));

    [Fact]
    public void The_region_of_a_caption_is_what_the_recipe_says()
    {
        var regions = RegionMasks.OfRegions(Samples, Model);
        var (owner, masks) = RegionMasks.OfCaptions("phrases", Samples, B, regions, Patches);
        Assert.Equal([0], owner);
        Assert.Equal(Mask(0, 1), masks);

        (owner, masks) = RegionMasks.OfCaptions("phrases", Samples with { RegionInCaption = [1, 1, 1] }, B, regions, Patches);
        Assert.Equal([0, 1], owner);
        Assert.Equal([.. Mask(0, 1, 10), .. Mask([.. Enumerable.Range(0, Patches)])], masks);

        (owner, masks) = RegionMasks.OfCaptions("whole", Samples, B, regions, Patches);
        Assert.Equal([0, 1], owner);
        Assert.Equal(B * Patches, masks.Sum(value => value));

        (owner, masks) = RegionMasks.OfCaptions("none", Samples, B, regions, Patches);
        Assert.Empty(owner);
        Assert.Empty(masks);
    }

    [Fact]
    public void The_oracle_knows_what_the_caption_names() =>
        Assert.Equal(Mask(0, 1).Concat(Mask()).Select(value => (float)value), RegionMasks.OracleSaliency(Samples, B, Model));

    [Theory]
    [InlineData("timix", 0.4, 0, true)]
    [InlineData("timix", 0, 0, true)]
    [InlineData("timix", 0, 5, false)]
    [InlineData("timix", 0.4, 5, true)]
    [InlineData("oracle", 0, 0, false)]
    [InlineData("cutmix", 0, 0, false)]
    [InlineData("none", 0, 0, false)]
    [InlineData("none", 0.4, 0, true)]
    public void The_teacher_is_asked_when_somebody_needs_it(string method, double distill, long step, bool needed)
    {
        var recipe = Sample with { Mix = Sample.Mix with { Method = method }, Objective = Sample.Objective with { DistillAlpha = distill } };
        Assert.Equal(needed, recipe.TeacherNeed().At(step));
    }

    [Theory]
    [InlineData("timix", 0.4, 3, 1)]
    [InlineData("timix", 0, 3, 1)]
    [InlineData("timix", 0.4, 3, 0)]
    [InlineData("timix", 0.4, 0, 0)]
    [InlineData("random-window", 0.4, 0, 1)]
    [InlineData("oracle", 0.4, 3, 1)]
    public void Whether_the_teacher_is_needed_follows_from_the_settings_of_each_step(string method, double distill, long ramp, double weight)
    {
        var recipe = Sample with
        {
            Mix = Sample.Mix with { Method = method, Weight = weight },
            Objective = Sample.Objective with { DistillAlpha = distill, DistillRampSteps = ramp },
        };
        for (var step = 0L; step < recipe.Optimization.Steps; step++)
        {
            var settings = recipe.SettingsAt(step);
            var needed = settings.DistillAlpha > 0 || (settings.Mixing && recipe.MixMethod().Saliency == SaliencySource.Teacher);
            Assert.Equal(needed, recipe.TeacherNeed().At(step));
        }
    }

    [Fact]
    public void The_same_inputs_give_the_same_answer_from_any_mixer()
    {
        var (first, second) = (Teacher(1), Teacher(2));
        using var one = new Mixer(Sample, Model, CPU);
        using var other = new Mixer(Sample, Model, CPU);
        var expected = Answer(one, 3, 1, 0, first);
        Answer(other, 7, 0, 4, second);
        Assert.Equal(expected, Answer(other, 3, 1, 0, first));
        Assert.Equal(expected, Answer(one, 3, 1, 0, first));
        Assert.NotEqual(expected, Answer(one, 3, 1, 1, second));
    }

    [Fact]
    public void Features_are_there_for_distillation_only_and_mixing_ends_when_the_recipe_says()
    {
        using var mixer = new Mixer(Sample, Model, CPU);
        var mixed = mixer.Run(4, 0, Samples, Teacher(1));
        Assert.Equal(new TextAwareMix(), mixed.Plan.Method);
        Assert.Equal([1, 0], mixed.Plan.Pairing);
        Assert.Equal(B * Model.EmbedDim, mixed.Features.Get<float>("image").Length);
        Assert.Equal(new NoMixing(), mixer.Run(5, 0, Samples, Teacher(1)).Plan.Method);

        using var plain = new Mixer(Sample with { Objective = Sample.Objective with { DistillAlpha = 0 } }, Model, CPU);
        var undistilled = plain.Run(4, 0, Samples, Teacher(1));
        Assert.Equal(0, undistilled.Features.Get<float>("image").Length + undistilled.Features.Get<float>("text").Length);
        Assert.Equal(mixed.Plan.Target, undistilled.Plan.Target);
    }

    [Fact]
    public void The_oracle_copies_what_the_partners_caption_names()
    {
        var recipe = Sample with { Mix = Sample.Mix with { Method = "oracle", MinSide = 0.5, MaxSide = 0.5 } };
        using var mixer = new Mixer(recipe, Model, CPU);
        var plan = mixer.Run(0, 0, Samples, null).Plan;
        Assert.Equal(("oracle", 2), (plan.Method.Name, plan.Side));
        Assert.Equal(0, plan.Source[1]);
        Assert.NotEqual(0, plan.Target[0]);
    }

    [Fact]
    public void A_micro_batch_is_put_together_with_the_regions_that_the_recipe_wants()
    {
        var plan = new MixPlan(new NoMixing(), [0, 1], 0, 1, [], []);
        var whole = MicroBatchAssembly.Assemble(1, Samples, [1, 2], [3, 4], plan, Sample, Model);
        Assert.Equal((1, B), (whole.Index, whole.Count));
        Assert.Equal(Samples.RegionOwner, whole.RegionOwner);
        Assert.Equal(Samples.RegionPhrases, whole.RegionPhrases);
        Assert.Equal(RegionMasks.OfRegions(Samples, Model), whole.RegionMasks);
        Assert.Equal([0], whole.CaptionOwner);
        Assert.Equal([1f, 2], whole.TeacherImage);

        var unaligned = MicroBatchAssembly.Assemble(0, Samples, [], [], plan, Sample with { Objective = Sample.Objective.With("alignmentWeight", 0) }, Model);
        Assert.Equal(
            0,
            unaligned.RegionOwner.Length + unaligned.RegionPhrases.Length + unaligned.RegionMasks.Length + unaligned.CaptionOwner.Length
                + unaligned.CaptionMasks.Length);
        Assert.Equal(Samples.Pixels, unaligned.Pixels);
    }

    [Fact]
    public void Second_views_are_loaded_while_there_is_a_second_pass_and_reach_the_micro_batch()
    {
        Assert.Equal(0, Sample.LoaderOptions(Model).SecondViewSteps);
        var recipe = Sample with { Mix = Sample.Mix with { Method = "second-pass", Until = 0.55 } };
        var steps = recipe.LoaderOptions(Model).SecondViewSteps;
        Assert.Equal(6, steps);
        Assert.All(Enumerable.Range(0, 10), step => Assert.Equal(step < steps, recipe.SettingsAt(step).Mixing));

        var loaded = new TiMix.Data.Loading.LoadedBatch
        {
            Epoch = 0, SampleIndices = [4, 5], Captions = ["a", "b"], Pixels = Samples.Pixels, SecondPixels = [.. Samples.Pixels.Reverse()],
            Tokens = Samples.Tokens, RegionOwner = [],
            RegionBoxes = [], RegionPhrases = [], RegionInCaption = [], Replacements = [],
        };
        using var bundle = SampleBundle.Pack(loaded);
        using var mixer = new Mixer(recipe, Model, CPU);
        var plan = mixer.Run(0, 0, Samples, Teacher(1)).Plan;
        using var none = new Bundle.Builder().Add("image", Array.Empty<float>()).Add("text", Array.Empty<float>()).Add("mlm", Array.Empty<float>())
            .Add("prefixLm", Array.Empty<float>()).Build();
        Assert.Equal(loaded.SecondPixels, MicroBatchAssembly.Assemble(0, bundle, none, plan, recipe, Model).SecondPixels);
        Assert.Equal(new SecondPass(), plan.Method);
    }

    [Fact]
    public void The_teacher_says_what_it_thinks_of_the_words_that_the_trainer_will_hide()
    {
        var model = Model with { FusionLayers = 1, DecoderLayers = 1, MlmHead = true };
        var recipe = Sample with { Objective = Sample.Objective.With("mlmWeight", 1).With("prefixLmWeight", 1) };
        using var values = new ParameterBuffer(DualEncoder.LayoutOf(model), CPU);
        values.InitializeFrom(1);
        var parameters = values.ToArray();
        using var mixer = new Mixer(recipe, model, CPU);
        using var features = mixer.Run(4, 1, Samples, parameters).Features;
        var tasks = WordTasks.Of(Samples.Tokens, B, 1, recipe.SettingsAt(4), model);
        var (mlm, prefixLm) = (features.Get<float>("mlm").ToArray(), features.Get<float>("prefixLm").ToArray());
        Assert.Equal((tasks.Of("mlm")!.Rows.Length * 20, tasks.Of("prefixLm")!.Rows.Length * 20), (mlm.Length, prefixLm.Length));
        Assert.All(mlm.Concat(prefixLm).Chunk(20), row => Assert.Equal(1, row.Sum(), 1e-5f));

        // The same parameters as the student lose nothing against themselves but the entropy: soft and hard share one distribution.
        using var worker = new MicroBatchWorker(model, values.Layout, values.Values);
        var batch = MicroBatchAssembly.Assemble(1, SampleBundleOf(Samples), features, new MixPlan(new NoMixing(), [0, 1], 0, 1, [], []), recipe, model);
        var settings = recipe.SettingsAt(4) with { Mixing = false, Numbers = recipe.Objective.Numbers.With("alignmentWeight", 0), DistillAlpha = 1 };
        var sums = worker.Forward(batch, settings, keepGraph: false).Sums;
        Assert.Equal(-mlm.Sum(p => p * Math.Log(p)), sums["mlm"].LossSum, 1e-4);
        Assert.Equal(-prefixLm.Sum(p => p * Math.Log(p)), sums["prefixLm"].LossSum, 1e-4);

        using var plain = new Mixer(recipe with { Objective = recipe.Objective with { DistillAlpha = 0 } }, model, CPU);
        using var undistilled = plain.Run(4, 1, Samples, parameters).Features;
        Assert.Equal(0, undistilled.Get<float>("mlm").Length + undistilled.Get<float>("prefixLm").Length);
    }

    private static Bundle SampleBundleOf(SampleArrays samples) => new Bundle.Builder()
        .Add("pixels", samples.Pixels).Add("pixels.second", samples.SecondPixels).Add("tokens", samples.Tokens).Add("regions.owner", samples.RegionOwner)
            .Add("regions.boxes", samples.RegionBoxes)
        .Add("regions.phrases", samples.RegionPhrases).Add("regions.in-caption", samples.RegionInCaption).Build();

    private static byte[] Mask(params int[] ones) => [.. Enumerable.Range(0, Patches).Select(i => ones.Contains(i) ? (byte)1 : (byte)0)];

    private static float[] Teacher(ulong seed)
    {
        using var values = new ParameterBuffer(DualEncoder.LayoutOf(Model), CPU);
        values.InitializeFrom(seed);
        return values.ToArray();
    }

    private static string Answer(Mixer mixer, long step, int microBatch, long version, float[] teacher)
    {
        var answer = mixer.Run(step, microBatch, Samples, teacher);
        using var features = answer.Features;
        var plan = answer.Plan;
        return $"{plan.Method} {plan.Side} {plan.Lambda} {string.Join(',', plan.Pairing)} {string.Join(',', plan.Target)} {string.Join(',', plan.Source)} "
            + $"{features.Hash()}";
    }
}
