using System.Text.Json.Nodes;
using TiMix.Actors.Nodes;
using TiMix.Base;
using TiMix.Learning.Metrics;
using TiMix.Learning.Model;
using TiMix.Learning.Runtime;
using TiMix.Learning.Writing;
using TiMix.Protocol.Values;
using TiMix.Runs.Recipes;
using TiMix.Runs.Sources;
using TiMix.Work.Evaluation;
using TiMix.Work.Training;
using static TorchSharp.torch;

namespace TiMix.Actors.Tests.Evaluation;

/// <summary>Tasks on a few pictures: what is measured is what the Learning room gives for each picture by itself.</summary>
public sealed class TaskEvaluatorTests : IDisposable
{
    private readonly TinyTasks _data = new();

    public void Dispose() => _data.Dispose();

    [Fact]
    public void Captions_are_written_for_each_picture_and_judged_by_all_of_its_own()
    {
        var recipe = _data.Recipe(Tasks.Captioning);
        var (report, model, data) = Evaluate(recipe);
        var split = Assert.Single(report.Splits);
        Assert.Equal(TinyTasks.Tests, split.Pairs);
        Assert.Equal(2 * TinyTasks.Tests, split.Metrics["references"]);
        var batch = data.OpenReader("test", model.Config).Load(0, TinyTasks.Tests);
        var (written, references) = (new List<string>(), new List<IReadOnlyList<string>>());
        var pixels = batch.Pixels.Length / TinyTasks.Tests;
        for (var i = 0; i < TinyTasks.Tests; i++)
        {
            var options = new BeamOptions { Beams = 2, LengthPenalty = 1, MostWords = recipe.Data.ContextLength - 2 };
            written.Add(data.OpenTokenizer().Decode(CaptioningEvaluation.Write(batch.Pixels[(i * pixels)..((i + 1) * pixels)], 1, model, options)[0].Words));
            references.Add([.. batch.CaptionTexts.Where((_, caption) => batch.CaptionOwner[caption] == i)]);
        }

        Assert.Equal(Bleu.Compute(written, references), split.Metrics["bleu4"], 1e-9);
        Assert.Equal(Cider.Compute(written, references), split.Metrics["cider"], 1e-9);
        Assert.Equal(split.Metrics["cider"], Headline.ValueOf(split));
    }

    [Fact]
    public void Questions_are_answered_by_the_likeliest_of_the_list()
    {
        var recipe = _data.Recipe(Tasks.Vqa);
        var (report, model, data) = Evaluate(recipe);
        var split = Assert.Single(report.Splits);
        Assert.Equal(2 * TinyTasks.Tests, split.Pairs);
        var batch = data.OpenReader("test", model.Config).Load(0, TinyTasks.Tests);
        var (answers, length) = (data.Answers(), recipe.Data.ContextLength);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var images = model.Encoder.EncodeImages(Pixels.Normalize(batch.Pixels, TinyTasks.Tests, model.Config.ImageSize, CPU), false, tokens: true).Tokens!;
        var given = new List<string>();
        for (var q = 0; q < batch.QuestionOwner.Length; q++)
        {
            var memory = model.Remember(images, [batch.QuestionOwner[q]], batch.QuestionTokens[(q * length)..((q + 1) * length)]);
            double Likelihood(string answer)
            {
                long[] words = [.. data.OpenTokenizer().Encode(answer, length).Where(model.Config.SpecialTokens.IsWord).Select(id => (long)id)];
                long[] inputs = [model.Config.SpecialTokens.Class, .. words], targets = [.. words, model.Config.SpecialTokens.Separator];
                var said = HostFloats.Of(model.Encoder.Fusion.Decoder!.Logits(tensor(inputs, [1, inputs.Length]), memory).log_softmax(2));
                return targets.Select((target, i) => (double)said[(i * model.Config.VocabularySize) + target]).Sum();
            }

            given.Add(answers.MaxBy(Likelihood)!);
        }

        Assert.Equal(VqaAccuracy.Compute(given, batch.QuestionAnswers), split.Metrics["vqaAccuracy"], 1e-9);
        Assert.Contains("vqaAccuracyNumber", split.Metrics.Keys);
        Assert.Contains("vqaAccuracyOther", split.Metrics.Keys);
    }

    [Fact]
    public void Phrases_are_found_where_the_predictor_points()
    {
        var (report, model, data) = Evaluate(_data.Recipe(Tasks.Grounding));
        var split = Assert.Single(report.Splits);
        Assert.Equal(2 * TinyTasks.Tests, split.Pairs);
        var features = SplitFeatures.Encode(data.OpenReader("test", model.Config), model, true, null, CancellationToken.None);
        var patches = model.Config.Grid * model.Config.Grid;
        float[] boxes = [.. Enumerable.Range(0, split.Pairs).SelectMany(
            i => Grounding.BoxOf(features.Maps.AsSpan(i * patches, patches), model.Config.Grid, model.Config.PatchSize, 0.5, 0.5))];
        Assert.Equal(Grounding.Accuracy(boxes, features.Boxes), split.Metrics["groundingAccuracy"], 1e-9);
        // 10 of 24 pixels are 13.3 of 32, on four patches of 4: half a patch less on each side is 12.
        Assert.Equal(100, split.Metrics["groundingAccuracyTruePatches"], 1e-9);
        Assert.InRange(split.Metrics["groundingOverlap"], 0, 100);
    }

    [Fact]
    public void A_model_without_a_decoder_cannot_write()
    {
        var recipe = _data.Recipe(Tasks.Captioning);
        var without = recipe with { Objective = recipe.Objective.With("prefixLmWeight", 0) };
        Assert.Contains("no decoder, which task captioning needs", Assert.Throws<RunError>(() => Evaluate(without)).Message);
    }

    [Theory]
    [InlineData(Tasks.Captioning, "captionExact", 100)]
    [InlineData(Tasks.Vqa, "vqaAccuracy", 90)]
    [InlineData(Tasks.Grounding, "groundingAccuracy", 90)]
    public async Task Each_task_is_learned_by_an_ordinary_run(string task, string metric, double least)
    {
        var recipe = _data.Recipe(task) with { Optimization = _data.Recipe(task).Optimization with { Steps = 500, LearningRate = 3e-3, WarmupSteps = 10 } };
        var learned = await RunAsync("learn", recipe, 1);
        Assert.True(learned[metric]!.GetValue<double>() >= least, learned.ToJsonString());
    }

    [Fact]
    public async Task A_question_run_has_the_same_bits_on_two_threads_and_starts_from_a_run()
    {
        var recipe = _data.Recipe(Tasks.Vqa);
        recipe = recipe with { Optimization = recipe.Optimization with { Steps = 4 } };
        await RunAsync("one", recipe, 1);
        await RunAsync("two", recipe, 2);
        Assert.Equal(Fingerprint("one"), Fingerprint("two"));

        var from = RecipeFile.Set(_data.Recipe(Tasks.Captioning), ["optimization.steps=2", $"model.init={_data.In("runs", "one")}", "data.contextLength=14"]);
        from = InitialWeights.Pin(from);
        Assert.EndsWith(Path.Combine("step-00000004", "model.safetensors"), from.Model.Init);
        using var seen = new RecordingObserver();
        var result = await TrainingRun.ExecuteAsync(_data.Options("from", from), seen, seen.Stop);
        Assert.True(result.Outcome == RunOutcome.Finished, result.Error);
        Assert.Contains(seen.Notices, notice => notice.StartsWith("Starts from ", StringComparison.Ordinal));
    }

    private (EvaluationReport Report, EvaluatedModel Model, RunData Data) Evaluate(Recipe recipe)
    {
        var data = new RunData(recipe, _data.In("sample"));
        var config = recipe.ModelConfig(data.OpenTokenizer().VocabularySize);
        var parameters = DrawnModel.Of(config);
        var report = TaskEvaluator.Evaluate(
            0, [new EvaluatedSplit("test", data.OpenReader("test", config))], null, recipe, data, config, parameters, false, CancellationToken.None);
        return (report, new EvaluatedModel(config, parameters), data);
    }

    private async Task<JsonNode> RunAsync(string name, Recipe recipe, int threads)
    {
        using var seen = new RecordingObserver();
        var result = await TrainingRun.ExecuteAsync(_data.Options(name, recipe, threads), seen, seen.Stop);
        Assert.True(result.Outcome == RunOutcome.Finished, result.Error);
        return Summary(name)["evaluation"]!["test"]!;
    }

    private JsonNode Summary(string name) => JsonNode.Parse(File.ReadAllText(_data.In("runs", name, "summary.json")))!;

    private string Fingerprint(string name) => Summary(name)["fingerprint"]!.GetValue<string>();
}
