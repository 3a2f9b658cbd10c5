using TiMix.Data.Loading;
using TiMix.Data.Text;
using TiMix.Learning.Metrics;
using TiMix.Learning.Writing;
using TiMix.Runs.Recipes;
using static TorchSharp.torch;

namespace TiMix.Work.Evaluation;

/// <summary>
/// Captions written by beam search, held against all captions of the picture: BLEU-4 and CIDEr. Words are compared as
/// <see cref="CaptionText.Clean"/> leaves them: lower case without punctuation, as the usual scripts do it with another tokenizer.
/// </summary>
internal static class CaptioningEvaluation
{
    private const int ImagesAtOnce = 64;

    /// <summary>
    /// Number of pictures, and <c>bleu4</c> (percent), <c>cider</c> (10 is perfect), words a caption, share of captions that are one of the
    /// picture's.
    /// </summary>
    public static (int Pictures, SortedDictionary<string, double> Metrics) Measure(
        EvaluationReader reader, EvaluatedModel model, ITokenizer tokenizer, Recipe recipe, PredictionOrder order, CancellationToken stop)
    {
        var (written, references) = (new List<string>(), new List<IReadOnlyList<string>>());
        var options = new BeamOptions { Beams = recipe.Run.Beams, LengthPenalty = recipe.Run.LengthPenalty, MostWords = model.Config.ContextLength - 2 };
        foreach (var (_, batch) in reader.Batches(ImagesAtOnce, stop))
        {
            var count = batch.SampleIndices.Length;
            written.AddRange(Write(batch.Pixels, count, model, options).Select(text => tokenizer.Decode(text.Words)));
            references.AddRange(
                Enumerable.Range(0, count).Select(image => batch.CaptionTexts.Where((_, caption) => batch.CaptionOwner[caption] == image).ToArray()));
        }

        var metrics = new SortedDictionary<string, double>(StringComparer.Ordinal);
        if (written.Count > 0)
        {
            var judged = order.Of(written);
            metrics["bleu4"] = Bleu.Compute(judged, references);
            metrics["cider"] = Cider.Compute(judged, references);
            metrics["captionWords"] = judged.Average(text => text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length);
            metrics["captionExact"] = 100.0 * judged.Zip(references, (text, own) => own.Contains(text)).Count(same => same) / judged.Count;
            metrics["references"] = references.Sum(own => own.Count);
        }

        return (written.Count, metrics);
    }

    /// <summary>A caption for every picture.</summary>
    /// <param name="pixels">uint8 [count, 3, S, S].</param>
    /// <param name="count">At least 1.</param>
    /// <param name="model">With a decoder.</param>
    /// <param name="options">Of the search.</param>
    public static WrittenText[] Write(byte[] pixels, int count, EvaluatedModel model, BeamOptions options)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var special = model.Config.SpecialTokens;
        var nothing = Enumerable.Repeat(new[] { special.Class, special.Separator }, count).SelectMany(ids => ids).ToArray();
        var memory = model.Remember(model.ImageTokens(pixels, count), [.. Enumerable.Range(0, count)], nothing);
        return BeamSearch.Write(model.Encoder.Fusion.Decoder!, memory, count, special, model.Device, options);
    }
}
