using TiMix.Data.Loading;
using TiMix.Learning.Metrics;
using TiMix.Learning.Model;
using TiMix.Learning.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace TiMix.Work.Evaluation;

/// <summary>
/// Retrieval once more, with the best candidates by cosine ranked anew by the matching head (timix.md, evaluation). Images are
/// read a second time, a batch at once; of the captions all tokens are kept meanwhile, 4·m·T·Ct bytes. n images, m captions.
/// </summary>
internal static class Reranking
{
    private const int ImagesAtOnce = 64;
    private const int CaptionsAtOnce = 256;
    private const int PairsAtOnce = 128;

    /// <summary>Recalls and ranks after re-ranking; the chance that a pair matches is the new score.</summary>
    /// <param name="features">Of the split.</param>
    /// <param name="reader">The same samples.</param>
    /// <param name="model">With a matching head.</param>
    /// <param name="candidates">k, of every image and of every caption.</param>
    /// <param name="stop">Gives up.</param>
    public static RetrievalScores Scores(SplitFeatures features, EvaluationReader reader, EvaluatedModel model, int candidates, CancellationToken stop)
    {
        var best = RetrievalCandidates.Find(features.Images, features.Captions, features.Width, candidates, features.Owner);
        var (ofCaptions, ofImages) = (new float[best.Captions.Length], new float[best.Images.Length]);
        var wanted = EntriesByImage(best, features.Pairs);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var texts = AllTokens(reader, model, stop);
        foreach (var (first, batch) in reader.Batches(ImagesAtOnce, stop))
        {
            using var block = NewDisposeScope();
            var count = batch.SampleIndices.Length;
            var images = model.Encoder.Fusion.Encoder!.Remember(model.ImageTokens(batch.Pixels, count));
            var pairs = Enumerable.Range(0, count).SelectMany(image => wanted[first + image].Keys.Select(caption => (Image: image, Text: caption))).ToList();
            foreach (var chunk in pairs.Chunk(PairsAtOnce))
            {
                var probabilities = model.Encoder.Fusion.MatchProbabilities(images, texts, chunk);
                foreach (var (pair, probability) in chunk.Zip(probabilities))
                {
                    foreach (var (entry, isCaption) in wanted[first + pair.Image][pair.Text])
                    {
                        (isCaption ? ofCaptions : ofImages)[entry] = probability;
                    }
                }
            }
        }

        var (imageRanks, textRanks) = RetrievalMetrics.Ranks(features.Images, features.Captions, features.Width, features.Owner);
        return RetrievalMetrics.Summarise(best.RerankCaptions(imageRanks, ofCaptions), best.RerankImages(textRanks, ofImages));
    }

    /// <summary>For each image the captions it is held against, and where in either list of candidates the pair stands.</summary>
    private static SortedDictionary<int, List<(int Entry, bool IsCaption)>>[] EntriesByImage(RetrievalCandidates best, int images)
    {
        var entries = new SortedDictionary<int, List<(int, bool)>>[images];
        for (var image = 0; image < images; image++)
        {
            entries[image] = [];
        }

        void Add(int image, int caption, int entry, bool isCaption)
        {
            if (!entries[image].TryGetValue(caption, out var places))
            {
                entries[image].Add(caption, places = []);
            }

            places.Add((entry, isCaption));
        }

        for (var entry = 0; entry < best.Captions.Length; entry++)
        {
            Add(entry / best.CaptionsPerImage, best.Captions[entry], entry, true);
        }

        for (var entry = 0; entry < best.Images.Length; entry++)
        {
            Add(best.Images[entry], entry / best.ImagesPerCaption, entry, false);
        }

        return entries;
    }

    private static TextTokens AllTokens(EvaluationReader reader, EvaluatedModel model, CancellationToken stop)
    {
        var (tokens, captions) = (new List<int>(), 0);
        foreach (var (_, batch) in reader.Batches(ImagesAtOnce, stop))
        {
            tokens.AddRange(batch.CaptionTokens);
            captions += batch.CaptionOwner.Length;
        }

        var ids = TokenMatrix.Of([.. tokens], captions, model.Device);
        var encoded = new List<Tensor>();
        for (var first = 0; first < captions; first += CaptionsAtOnce)
        {
            stop.ThrowIfCancellationRequested();
            using var block = NewDisposeScope();
            var some = ids.narrow(0, first, Math.Min(CaptionsAtOnce, captions - first));
            encoded.Add(model.Encoder.EncodeTexts(some, all: true).Tokens!.MoveToOuterDisposeScope());
        }

        return TextTokens.Of(cat(encoded, 0), ids);
    }
}
