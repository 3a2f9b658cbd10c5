using TiMix.Learning.Mixing;
using TiMix.Learning.Model;
using TiMix.Learning.Steps;
using TiMix.Runs.Recipes;
using TiMix.Runs.Snapshots;
using TiMix.Work.Mixing;
using TiMix.Work.Training;
using static TorchSharp.torch;

namespace TiMix.Actors.Tests.Training;

public sealed class TrainingStepTests
{
    private const int B = 4;
    private const int Size = 16;
    private const int Grid = 4;
    private const int Tokens = 6;
    private const int Width = 8;

    private static readonly ModelConfig Model = new()
    {
        ImageSize = Size, PatchSize = 4, VisionWidth = 16, VisionLayers = 2, VisionHeads = 2, TextWidth = 16, TextLayers = 2, TextHeads = 2, EmbedDim = Width,
        ContextLength = Tokens, VocabularySize = 20,
    };

    private static readonly Recipe Sample = new()
    {
        Optimization = new OptimizationRecipe { Steps = 10, MicroBatches = 4, MicroBatchSize = B, WarmupSteps = 0, LearningRate = 1e-2 },
        Mix = new MixRecipe { RampSteps = 0, Until = 1 },
        Objective = new ObjectiveRecipe { DistillRampSteps = 0 },
        Teacher = new TeacherRecipe { RefreshEvery = 2, Decay = 0.9 },
    };

    /// <summary>The test's thread is lane 0: one native thread, as a compute thread has.</summary>
    public TrainingStepTests() => set_num_threads(1);

    [Fact]
    public void Threads_do_not_reach_the_weights() => Assert.Single(new[] { 1, 2, 3, 4 }.Select(threads => Fingerprint(Sample, threads)).Distinct());

    [Fact]
    public void Graphs_in_memory_do_not_reach_the_weights() =>
        Assert.Single(new[] { 0, 1, 3, 16 }.Select(graphs => Fingerprint(Sample with { Run = Sample.Run with { GraphsInMemory = graphs } }, 2)).Distinct());

    [Fact]
    public void Another_seed_mixing_or_objective_reaches_the_weights()
    {
        var fingerprints = new[]
        {
            Sample,
            Sample with { Run = Sample.Run with { Seed = 2 } },
            Sample with { Mix = Sample.Mix with { Method = "none" } },
            Sample with { Mix = Sample.Mix with { Labels = "self" } },
            Sample with { Objective = Sample.Objective with { DistillAlpha = 0 } },
            Sample with { Objective = Sample.Objective.With("alignmentWeight", 0) },
        }.Select(recipe => Fingerprint(recipe, 1)).ToList();
        Assert.Equal(fingerprints.Count, fingerprints.Distinct().Count());
    }

    [Fact]
    public void Micro_batches_that_are_missing_or_out_of_order_are_refused()
    {
        using var state = new TrainingState(Sample, Model, CPU);
        using var step = new TrainingStep(Sample, state, 1);
        var batches = MicroBatches(Sample, 0);
        Assert.Throws<ArgumentException>(() => step.Run(batches[..3]));
        Assert.Throws<ArgumentException>(() => step.Run([batches[1], batches[0], batches[2], batches[3]]));
        Assert.Equal(0, state.Step);
        step.Run(batches);
        Assert.Equal(1, state.Step);
    }

    [Fact]
    public void A_step_that_fails_changes_nothing_and_can_be_run_again()
    {
        var undisturbed = Fingerprint(Sample, 2);
        using var state = new TrainingState(Sample, Model, CPU);
        using var step = new TrainingStep(Sample, state, 2);
        for (var s = 0; s < 3; s++)
        {
            var batches = MicroBatches(Sample, s);
            var broken = batches.ToArray();
            broken[3] = broken[3] with { Pixels = new byte[5] };
            var before = state.Student.Fingerprint();
            Assert.Throws<ArgumentException>(() => step.Run(broken));
            Assert.Equal(before, state.Student.Fingerprint());
            step.Run(batches);
        }

        Assert.Equal(undisturbed, state.Student.Fingerprint());
    }

    [Theory]
    [InlineData("timix", 1, "timix")]
    [InlineData("mixup", 2, "clip")]
    [InlineData("second-pass", 3, "bert")]
    [InlineData("none", 1, "timix")]
    public void Warming_up_changes_nothing(string method, int threads, string layout)
    {
        var recipe = Sample with { Mix = Sample.Mix with { Method = method }, Data = Sample.Data with { ContextLength = Tokens, PhraseLength = Tokens } };
        using var state = new TrainingState(recipe, Model with { TextLayout = layout }, CPU);
        using var step = new TrainingStep(recipe, state, threads);
        var before = state.HashOfAll();
        step.WarmUp();
        Assert.Equal(before, state.HashOfAll());
        state.CheckIntact();
        if (method == "timix")
        {
            step.Run(MicroBatches(recipe, 0));
            using var cold = new TrainingState(recipe, Model, CPU);
            using var other = new TrainingStep(recipe, cold, threads);
            other.Run(MicroBatches(recipe, 0));
            Assert.Equal(cold.Student.Fingerprint(), state.Student.Fingerprint());
        }
    }

    [Fact]
    public void A_gradient_that_is_not_finite_changes_nothing_and_is_reported()
    {
        using var state = new TrainingState(Sample, Model, CPU);
        using var step = new TrainingStep(Sample, state, 1);
        var batches = MicroBatches(Sample, 0);
        batches[0] = batches[0] with { TeacherImage = [.. Enumerable.Repeat(float.NaN, B * Width)] };
        var before = state.Student.Fingerprint();
        Assert.False(double.IsFinite(step.Run(batches).GradientNorm));
        Assert.Equal(before, state.Student.Fingerprint());
        Assert.Equal(0, state.Step);
    }

    [Fact]
    public void The_step_learns()
    {
        var recipe = Sample with
        {
            Optimization = Sample.Optimization with { Steps = 60 },
            Mix = Sample.Mix with { Method = "none" },
            Objective = Sample.Objective with { DistillAlpha = 0 },
        };
        using var state = new TrainingState(recipe, Model, CPU);
        using var step = new TrainingStep(recipe, state, 2);
        var batches = MicroBatches(recipe, 0);
        var first = step.Run(batches).Losses;
        var last = first;
        for (var s = 1; s < 60; s++)
        {
            last = step.Run(batches).Losses;
        }

        Assert.True(last["itc"] < first["itc"] / 2, $"itc {first["itc"]} → {last["itc"]}");
        Assert.True(last["alignment"] < first["alignment"], $"alignment {first["alignment"]} → {last["alignment"]}");
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(9, 0)]
    [InlineData(10, 0)]
    [InlineData(19, 0)]
    [InlineData(20, 1)]
    [InlineData(29, 1)]
    [InlineData(30, 2)]
    [InlineData(995, 98)]
    public void The_teacher_of_a_step_is_the_average_as_of_one_refresh_before(long step, long version) =>
        Assert.Equal(version, (Sample with { Teacher = new TeacherRecipe { RefreshEvery = 10 } }).Plan().TeacherVersionAt(step));

    [Fact]
    public void A_restored_state_goes_on_with_the_same_bits_and_knows_the_teachers_it_needs()
    {
        using var straight = new TrainingState(Sample, Model, CPU);
        using var step = new TrainingStep(Sample, straight, 1);
        SnapshotContent? snapshot = null;
        for (var s = 0; s < 6; s++)
        {
            step.Run(MicroBatches(Sample, s));
            straight.PublishIfDue();
            snapshot = s == 2 ? straight.Capture() : snapshot;
        }

        using var resumed = new TrainingState(Sample with { Run = Sample.Run with { Seed = 99 } }, Model, CPU);
        resumed.Restore(snapshot!);
        Assert.Equal(3, resumed.Step);
        Assert.Contains(Sample.Plan().TeacherVersionAt(3), resumed.Versions.Keys);
        Assert.Equal(ParameterBuffer.Fingerprint(snapshot!.Student), resumed.Student.Fingerprint());
        Assert.Equal(ParameterBuffer.Fingerprint(snapshot.First), resumed.Optimizer.First.Fingerprint());
        Assert.Equal(ParameterBuffer.Fingerprint(snapshot.Second), resumed.Optimizer.Second.Fingerprint());
        using var again = new TrainingStep(Sample, resumed, 3);
        for (var s = 3; s < 6; s++)
        {
            again.Run(MicroBatches(Sample, s));
            resumed.PublishIfDue();
        }

        Assert.Equal(straight.Student.Fingerprint(), resumed.Student.Fingerprint());
        Assert.Equal(straight.Average.Fingerprint(), resumed.Average.Fingerprint());
        Assert.Equal(straight.Versions.Keys, resumed.Versions.Keys);
        Assert.All(straight.Versions, pair => Assert.Equal(pair.Value, resumed.Versions[pair.Key]));
    }

    [Fact]
    public void A_damaged_state_is_neither_hashed_nor_copied()
    {
        using var state = new TrainingState(Sample, Model, CPU);
        var (hash, captured) = (state.HashOfAll(), state.Capture());
        state.FlipBit();
        Assert.Throws<StateDamagedException>(state.HashOfAll);
        Assert.Throws<StateDamagedException>(state.Capture);
        state.Restore(captured);
        Assert.Equal(hash, state.HashOfAll());
    }

    private static string Fingerprint(Recipe recipe, int threads)
    {
        using var state = new TrainingState(recipe, Model, CPU);
        using var step = new TrainingStep(recipe, state, threads);
        for (var s = 0; s < 3; s++)
        {
            Assert.True(double.IsFinite(step.Run(MicroBatches(recipe, s)).GradientNorm));
        }

        return state.Student.Fingerprint();
    }

    private static MicroBatch[] MicroBatches(Recipe recipe, int step) => [.. Enumerable.Range(0, recipe.Optimization.MicroBatches).Select(m =>
    {
        var random = new Random((step * 100) + m);
        float[] Floats(int count) => [.. Enumerable.Range(0, count).Select(_ => (float)((random.NextDouble() * 2) - 1))];
        int[] Words(int rows, int length) =>
            [.. Enumerable.Range(0, rows).SelectMany(_ => Enumerable.Range(0, length).Select(i => i == 0 ? 2 : i < length - 1 ? random.Next(3, 20) : 0))];
        byte[] Mask(int rows) => [.. Enumerable.Range(0, rows * Grid * Grid).Select(_ => (byte)random.Next(2))];
        var pixels = new byte[B * 3 * Size * Size];
        random.NextBytes(pixels);
        var mixing = recipe.SettingsAt(step).Mixing;
        return new MicroBatch
        {
            Index = m,
            Count = B,
            Pixels = pixels,
            Tokens = Words(B, Tokens),
            RegionOwner = [0, 2, 3],
            RegionPhrases = Words(3, 4),
            RegionMasks = Mask(3),
            CaptionOwner = [1, 2],
            CaptionMasks = Mask(2),
            TeacherImage = Floats(B * Width),
            TeacherText = Floats(B * Width),
            Plan = MixPlanner.Plan(
                mixing ? recipe.MixMethod() : new NoMixing(), Floats(B * Grid * Grid), B, Grid, (ulong)((step * 100) + m), recipe.MixOptions()),
        };
    })];
}
