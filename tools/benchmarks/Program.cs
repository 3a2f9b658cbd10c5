using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using TiMix.Data.Loading;
using TiMix.Learning.Mixing;
using TiMix.Learning.Model;
using TiMix.Learning.Steps;
using TiMix.Runs.Recipes;
using TiMix.Runs.Sources;
using TiMix.Work.Compute;
using TiMix.Work.Loading;
using TiMix.Work.Mixing;
using TiMix.Work.Training;
using static TorchSharp.torch;

// Rates of the parts, in samples a second: median of several repetitions. Run from the repository's root after "timix data sample".
//   gemm | plain | step METHOD THREADS [key=value …] | bare METHOD [key=value …] | loader THREADS | memory
using var thread = new ComputeThread("benchmark");
return await thread.Run(() => Benchmarks.Run(args));

internal static class Benchmarks
{
    private const int Repetitions = 7;
    private static readonly Recipe Sample = RecipeFile.Load("sample");

    public static int Run(string[] args)
    {
        switch (args)
        {
            case ["gemm"]:
                foreach (var (m, k, n) in new[] { (1024, 1024, 1024), (2080, 128, 384), (2080, 128, 512), (2080, 512, 128) })
                {
                    Print($"gemm {m}x{k}x{n}, GFLOP/s", 2e-9 * m * k * n / Median(() => Gemm(m, k, n)));
                }

                return 0;
            case ["plain"]:
                Plain();
                return 0;
            case ["step", var method, var threads, .. var settings]:
                Step(method, int.Parse(threads, CultureInfo.InvariantCulture), settings);
                return 0;
            case ["bare", var method, .. var settings]:
                Bare(method, settings);
                return 0;
            case ["loader", var threads]:
                Loader(int.Parse(threads, CultureInfo.InvariantCulture));
                return 0;
            case ["memory"]:
                Memory();
                return 0;
            default:
                Console.Error.WriteLine("usage: gemm | plain | step METHOD THREADS [key=value …] | bare METHOD [key=value …] | loader THREADS | memory");
                return 2;
        }
    }

    private static double Gemm(int m, int k, int n)
    {
        using var scope = NewDisposeScope();
        var (a, b) = (rand(m, k), rand(k, n));
        const int Times = 50;
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < Times; i++)
        {
            a.mm(b).Dispose();
        }

        return watch.Elapsed.TotalSeconds / Times;
    }

    /// <summary>The twin of tools/compare/plain_step.py: one micro-batch of 64, contrastive loss, AdamW, one thread.</summary>
    private static void Plain()
    {
        const int B = 64;
        var recipe = RecipeFile.Set(
            Sample,
            ["optimization.microBatches=1", $"optimization.microBatchSize={B}", "mix.method=none", "objective.distillAlpha=0", "objective.alignmentWeight=0"]);
        var model = recipe.ModelConfig(466);
        using var state = new TrainingState(recipe, model, CPU);
        using var step = new TrainingStep(recipe, state, 1);
        var random = new Random(1);
        var pixels = new byte[B * 3 * 64 * 64];
        random.NextBytes(pixels);
        var batch = new MicroBatch
        {
            Index = 0, Count = B, Pixels = pixels, Tokens = [.. Enumerable.Range(0, B * 20).Select(_ => random.Next(5, 466))],
            RegionOwner = [], RegionPhrases = [], RegionMasks = [], CaptionOwner = [], CaptionMasks = [], TeacherImage = [], TeacherText = [],
            Plan = MixPlanner.Plan(new NoMixing(), [], B, 8, 1),
        };
        step.Run([batch]);
        Print("plain contrastive step, samples/s", B / Median(() => Time(() => step.Run([batch]))));
    }

    private static void Step(string method, int threads, string[] settings)
    {
        var recipe = RecipeFile.Set(Sample, [$"mix.method={method}", "mix.rampSteps=0", "optimization.steps=100000", .. settings]);
        var (_, model, loader) = Open(recipe);
        using var state = new TrainingState(recipe, model, CPU);
        using var step = new TrainingStep(recipe, state, threads);
        using var mixer = new Mixer(recipe, model, CPU);
        var teacher = state.Average.ToArray();
        var mixing = 0.0;
        MicroBatch[] batches = [.. Enumerable.Range(0, recipe.Optimization.MicroBatches).Select(m =>
        {
            using var samples = SampleBundle.Pack(loader.Load(100, m, default));
            var watch = Stopwatch.StartNew();
            var answer = mixer.Run(100, m, SampleBundle.Unpack(samples), teacher);
            mixing = watch.Elapsed.TotalSeconds;
            using var features = answer.Features;
            return MicroBatchAssembly.Assemble(m, samples, features, answer.Plan, recipe, model);
        })];
        step.Run(batches);
        var count = recipe.Optimization.MicroBatches * recipe.Optimization.MicroBatchSize;
        Print($"trainer alone, {method}, {threads} thread(s), samples/s", count / Median(() => Time(() => step.Run(batches))));
        Print($"mixer alone, {method}, 1 thread, samples/s", recipe.Optimization.MicroBatchSize / mixing);
    }

    /// <summary>A training loop without actors, cluster or exchange: one thread loads and mixes ahead, one trains.</summary>
    private static void Bare(string method, string[] settings)
    {
        const int Steps = 16;
        var recipe = RecipeFile.Set(Sample, [$"mix.method={method}", "mix.rampSteps=0", "optimization.steps=100000", .. settings]);
        var (_, model, loader) = Open(recipe);
        using var state = new TrainingState(recipe, model, CPU);
        using var step = new TrainingStep(recipe, state, 1);
        using var mixer = new Mixer(recipe, model, CPU);
        using var ready = new BlockingCollection<MicroBatch>(recipe.Run.Prefetch + recipe.Optimization.MicroBatches);
        var teacher = state.Average.ToArray();
        using var thread = new ComputeThread("mixer");
        var mixing = thread.Run(() =>
        {
            for (var i = 0; i < Steps * recipe.Optimization.MicroBatches; i++)
            {
                ready.Add(Prepare(recipe, model, loader, mixer, teacher, i / recipe.Optimization.MicroBatches, i % recipe.Optimization.MicroBatches));
            }

            return 0;
        });
        var seconds = new double[Steps];
        for (var i = 0; i < Steps; i++)
        {
            seconds[i] = Time(() => step.Run([.. Enumerable.Range(0, recipe.Optimization.MicroBatches).Select(_ => ready.Take())]));
        }

        mixing.GetAwaiter().GetResult();
        var steady = seconds[6..].Order().ToArray();
        Print($"bare loop, {method}, 1 thread, ms a step", 1000 * steady[steady.Length / 2]);
    }

    private static MicroBatch Prepare(Recipe recipe, ModelConfig model, BatchLoader loader, Mixer mixer, float[] teacher, long step, int m)
    {
        using var samples = SampleBundle.Pack(loader.Load(step, m, default));
        var answer = mixer.Run(step, m, SampleBundle.Unpack(samples), teacher);
        using var features = answer.Features;
        return MicroBatchAssembly.Assemble(m, samples, features, answer.Plan, recipe, model);
    }

    private static void Loader(int threads)
    {
        var (_, _, loader) = Open(Sample);
        var next = 0;
        Print($"loader alone, {threads} thread(s), samples/s", 16 * Sample.Optimization.MicroBatchSize / Median(() => Time(() =>
        {
            var first = next;
            next += 4;
            var workers = Enumerable.Range(0, threads).Select(worker => new Thread(() =>
            {
                for (var i = worker; i < 16; i += threads)
                {
                    loader.Load(first + (i / 4), i % 4, default);
                }
            })).ToList();
            workers.ForEach(worker => worker.Start());
            workers.ForEach(worker => worker.Join());
        })));
    }

    private static void Memory()
    {
        var recipe = RecipeFile.Set(Sample, ["optimization.microBatchSize=8", "mix.rampSteps=0", "optimization.steps=100000"]);
        var (_, model, loader) = Open(recipe);
        using var state = new TrainingState(recipe, model, CPU);
        using var step = new TrainingStep(recipe, state, 1);
        using var mixer = new Mixer(recipe, model, CPU);
        var teacher = state.Average.ToArray();
        for (var s = 1; s <= 1000; s++)
        {
            step.Run([.. Enumerable.Range(0, 4).Select(m => Prepare(recipe, model, loader, mixer, teacher, s, m))]);
            if (s is 100 or 400 or 700 or 1000)
            {
                Print($"resident memory after {s} steps, MB", Environment.WorkingSet / 1048576.0);
            }
        }
    }

    private static (RunData Data, ModelConfig Model, BatchLoader Loader) Open(Recipe recipe)
    {
        var data = new RunData(recipe, Path.Combine("data", "sample"));
        var tokenizer = data.OpenTokenizer();
        var model = recipe.ModelConfig(tokenizer.VocabularySize);
        var train = data.Open("train");
        var order = recipe.SampleOrder(train.Count);
        return (data, model, new BatchLoader(train, tokenizer, order, recipe.LoaderOptions(model), recipe.Run.Seed));
    }

    private static double Time(Action work)
    {
        var watch = Stopwatch.StartNew();
        work();
        return watch.Elapsed.TotalSeconds;
    }

    private static double Median(Func<double> seconds)
    {
        var all = Enumerable.Range(0, Repetitions).Select(_ => seconds()).Order().ToArray();
        return all[all.Length / 2];
    }

    private static void Print(string what, double value) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}: {value:F1}"));
}
