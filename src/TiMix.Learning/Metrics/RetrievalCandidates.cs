namespace TiMix.Learning.Metrics;

/// <summary>
/// The best candidates of every query by cosine, so that something slower (a matching head) can score these few anew. Best
/// first; of equal scores those that are wrong come first, then the lower index.
/// </summary>
/// <param name="CaptionsPerImage">Candidates of an image: k, or all captions if there are fewer.</param>
/// <param name="Captions">[n, CaptionsPerImage], captions for each image.</param>
/// <param name="ImagesPerCaption">Candidates of a caption: k, or all images if there are fewer.</param>
/// <param name="Images">[m, ImagesPerCaption], images for each caption.</param>
/// <param name="ImageOfText">[m], the image each caption belongs to.</param>
public sealed record RetrievalCandidates(int CaptionsPerImage, int[] Captions, int ImagesPerCaption, int[] Images, int[] ImageOfText)
{
    /// <summary>
    /// Finds them in one pass over blocks of captions. Takes 8 bytes a candidate while it runs, 61 MB for 5,000 images,
    /// 25,000 captions and k = 256; the scores of all pairs would be 500 MB.
    /// </summary>
    /// <param name="image">[n, d], L2-normalised.</param>
    /// <param name="text">[m, d], L2-normalised.</param>
    /// <param name="width">d.</param>
    /// <param name="k">At least 1; usually 256.</param>
    /// <param name="imageOfText">[m], the image each caption belongs to; null: caption i belongs to image i.</param>
    /// <exception cref="ArgumentException">Lengths that do not fit, or k below 1.</exception>
    public static RetrievalCandidates Find(ReadOnlySpan<float> image, ReadOnlySpan<float> text, int width, int k, int[]? imageOfText = null)
    {
        int images = FeatureMatrix.Rows(image, width, "Image"), texts = FeatureMatrix.Rows(text, width, "Text");
        if (k < 1)
            throw new ArgumentException($"At least one candidate a query; got k = {k}.");
        int[] owner = RetrievalMetrics.Owners(images, texts, imageOfText);
        var ofImages = new BestLists(images, Math.Min(k, texts));
        var ofTexts = new BestLists(texts, Math.Min(k, images));
        int block = FeatureMatrix.BlockRows(width);
        var scores = new float[Math.Min(block, texts)];
        for (int first = 0; first < texts; first += block)
        {
            int count = Math.Min(block, texts - first);
            for (int i = 0; i < images; i++)
            {
                FeatureMatrix.Dot(image.Slice(i * width, width), text.Slice(first * width, count * width), scores.AsSpan(0, count));
                for (int j = 0; j < count; j++)
                {
                    bool answer = owner[first + j] == i;
                    ofImages.Offer(i, scores[j], answer, first + j);
                    ofTexts.Offer(first + j, scores[j], answer, i);
                }
            }
        }

        return new RetrievalCandidates(ofImages.Size, ofImages.Sorted(), ofTexts.Size, ofTexts.Sorted(), owner);
    }

    /// <summary>
    /// Ranks of the images' best captions once the candidates were scored anew: all candidates stay before all others, among
    /// themselves they are ordered by the new score, and an answer that is no candidate keeps its rank. Equal scores, and
    /// those that are not numbers, count against the answer.
    /// </summary>
    /// <param name="imageToText">[n], ranks by cosine (<see cref="RetrievalMetrics.Ranks"/>).</param>
    /// <param name="scores">Of each entry of <see cref="Captions"/>; greater is better.</param>
    /// <returns>[n], ranks from 1, for <see cref="RetrievalMetrics.Summarise"/>.</returns>
    /// <exception cref="ArgumentException">Lengths that do not fit.</exception>
    public int[] RerankCaptions(ReadOnlySpan<int> imageToText, ReadOnlySpan<float> scores) =>
        Rerank(imageToText, Captions, CaptionsPerImage, scores, (image, caption) => ImageOfText[caption] == image);

    /// <summary>Ranks of the captions' images once the candidates were scored anew; as <see cref="RerankCaptions"/>.</summary>
    /// <param name="textToImage">[m], ranks by cosine.</param>
    /// <param name="scores">Of each entry of <see cref="Images"/>.</param>
    /// <returns>[m], ranks from 1.</returns>
    public int[] RerankImages(ReadOnlySpan<int> textToImage, ReadOnlySpan<float> scores) =>
        Rerank(textToImage, Images, ImagesPerCaption, scores, (caption, image) => ImageOfText[caption] == image);

    private static int[] Rerank(ReadOnlySpan<int> ranks, int[] candidates, int k, ReadOnlySpan<float> scores, Func<int, int, bool> isAnswer)
    {
        if (scores.Length != candidates.Length || ranks.Length * k != candidates.Length)
            throw new ArgumentException(
                $"{candidates.Length} candidates of {candidates.Length / k} queries need as many scores (got {scores.Length}) and ranks (got {ranks.Length}).");
        var reranked = new int[ranks.Length];
        for (int q = 0; q < ranks.Length; q++)
        {
            float best = float.NaN;
            bool found = false;
            for (int c = q * k; c < (q + 1) * k; c++)
            {
                if (!isAnswer(q, candidates[c]))
                    continue;
                best = float.IsNaN(best) ? scores[c] : MathF.Max(best, scores[c]);
                found = true;
            }

            reranked[q] = found ? 1 : ranks[q];
            for (int c = q * k; found && c < (q + 1) * k; c++)
                reranked[q] += isAnswer(q, candidates[c]) || scores[c] < best ? 0 : 1;
        }

        return reranked;
    }

    /// <summary>
    /// The greatest of many scores for each of many queries: a binary heap a query, its least on top. A score, whether it is
    /// the answer, and the index are one number that sorts in the wanted order.
    /// </summary>
    private sealed class BestLists(int queries, int size)
    {
        private readonly ulong[] _heaps = new ulong[checked(queries * size)];
        private readonly int[] _counts = new int[queries];

        public int Size => size;

        public void Offer(int query, float score, bool answer, int index)
        {
            ulong key = Key(score, answer, index);
            var heap = _heaps.AsSpan(query * size, size);
            ref int count = ref _counts[query];
            if (count < size)
                Raise(heap, count++, key);
            else if (key > heap[0])
                Sink(heap, key);
        }

        /// <summary>[queries, size] indices, best first.</summary>
        public int[] Sorted()
        {
            var indices = new int[_heaps.Length];
            for (int q = 0; q < queries; q++)
            {
                var heap = _heaps.AsSpan(q * size, size);
                heap.Sort((a, b) => b.CompareTo(a));
                for (int c = 0; c < size; c++)
                    indices[q * size + c] = int.MaxValue - (int)(heap[c] & int.MaxValue);
            }

            return indices;
        }

        private static ulong Key(float score, bool answer, int index)
        {
            uint bits = BitConverter.SingleToUInt32Bits(score + 0f); // -0 becomes 0
            uint order = float.IsNaN(score) ? (answer ? 0 : uint.MaxValue) : (bits & 0x80000000) != 0 ? ~bits : bits | 0x80000000;
            return (ulong)order << 32 | (answer ? 0u : 0x80000000u) | (uint)(int.MaxValue - index);
        }

        private static void Raise(Span<ulong> heap, int at, ulong key)
        {
            for (int parent = (at - 1) / 2; at > 0 && key < heap[parent]; at = parent, parent = (at - 1) / 2)
                heap[at] = heap[parent];
            heap[at] = key;
        }

        private static void Sink(Span<ulong> heap, ulong key)
        {
            int at = 0;
            while (true)
            {
                int child = 2 * at + 1;
                if (child >= heap.Length)
                    break;
                if (child + 1 < heap.Length && heap[child + 1] < heap[child])
                    child++;
                if (heap[child] >= key)
                    break;
                heap[at] = heap[child];
                at = child;
            }

            heap[at] = key;
        }
    }
}
