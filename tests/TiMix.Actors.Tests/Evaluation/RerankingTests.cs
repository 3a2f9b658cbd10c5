using TiMix.Learning.Metrics;
using TiMix.Learning.Model;
using TiMix.Learning.Runtime;
using TiMix.Runs.Recipes;
using TiMix.Runs.Sources;
using TiMix.Work.Evaluation;
using TorchSharp;
using static TorchSharp.torch;

namespace TiMix.Actors.Tests.Evaluation;

/// <summary>Against every pair scored alone, and ranks counted by sorting.</summary>
public sealed class RerankingTests : IDisposable
{
    private readonly TinyData _data = new();

    public void Dispose() => _data.Dispose();

    [Theory]
    [InlineData(8)]
    [InlineData(3)]
    public void Candidates_are_ranked_anew_by_the_chance_that_they_match(int candidates)
    {
        var recipe = _data.Recipe with
        {
            Model = _data.Recipe.Model with { FusionLayers = 1 },
            Objective = _data.Recipe.Objective.With("itmWeight", 1),
        };
        var data = new RunData(recipe, _data.In("sample"));
        var config = recipe.ModelConfig(data.OpenTokenizer().VocabularySize);
        using var model = new EvaluatedModel(config, DrawnModel.Of(config));
        var reader = data.OpenReader("test", config);
        var features = SplitFeatures.Encode(reader, model, false, null, CancellationToken.None);
        var found = Reranking.Scores(features, reader, model, candidates, CancellationToken.None);

        var (n, m, d) = (features.Pairs, features.Owner.Length, features.Width);
        Assert.Equal((8, 8), (n, m));
        var match = Matches(model, reader.Load(0, n), n, m);
        double Cosine(int image, int caption) =>
            Enumerable.Range(0, d).Sum(x => (double)features.Images[(image * d) + x] * features.Captions[(caption * d) + x]);
        int Rank(Func<int, double> cosine, Func<int, double> chance, int count, int answer)
        {
            var order = Enumerable.Range(0, count).OrderByDescending(cosine).ToList();
            return 1 + order.Take(candidates).OrderByDescending(chance).Concat(order.Skip(candidates)).ToList().IndexOf(answer);
        }

        int[] imageRanks = [.. Enumerable.Range(0, n).Select(i => Rank(j => Cosine(i, j), j => match[i, j], m, i))];
        int[] textRanks = [.. Enumerable.Range(0, m).Select(j => Rank(i => Cosine(i, j), i => match[i, j], n, j))];
        Assert.Equal(RetrievalMetrics.Summarise(imageRanks, textRanks), found);
        Assert.NotEqual(RetrievalMetrics.Compute(features.Images, features.Captions, d), found);
    }

    /// <summary>Each pair by itself, without padding.</summary>
    private static double[,] Matches(EvaluatedModel model, TiMix.Data.Loading.LoadedBatch batch, int images, int captions)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var fusion = model.Encoder.Fusion;
        var tokens = model.Encoder.EncodeImages(Pixels.Normalize(batch.Pixels, images, model.Config.ImageSize, CPU), false, tokens: true).Tokens!;
        var match = new double[images, captions];
        var length = batch.CaptionTokens.Length / captions;
        for (var j = 0; j < captions; j++)
        {
            var ids = TokenMatrix.Of(batch.CaptionTokens[(j * length)..((j + 1) * length)], 1, CPU);
            var text = TextTokens.Of(model.Encoder.EncodeTexts(ids, all: true), ids);
            for (var i = 0; i < images; i++)
            {
                var logits = fusion.Matching!.Logits(
                    fusion.Encoder!.Fuse(text, fusion.Encoder.Remember(tokens.narrow(0, i, 1)), classOnly: false).select(1, 0));
                match[i, j] = logits[0, 1].item<float>() - logits[0, 0].item<float>();
            }
        }

        return match;
    }
}
