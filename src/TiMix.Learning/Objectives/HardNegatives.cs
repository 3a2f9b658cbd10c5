using TiMix.Base;

namespace TiMix.Learning.Objectives;

/// <summary>
/// Strangers that look alike, for image–text matching (ALBEF, section 3.2): for each text an image and for each image a text,
/// drawn in proportion to the softmax of their similarity within the micro-batch.
/// </summary>
/// <param name="ImageOfText">[b], the image that each text is held against.</param>
/// <param name="TextOfImage">[b], the text that each image is held against.</param>
public sealed record HardNegatives(int[] ImageOfText, int[] TextOfImage)
{
    /// <summary>
    /// A pure function of its arguments. A sample is never its own negative, and neither is one with the very same caption: that
    /// would be a pair that belongs together. Where all captions are the same, and where the similarities are not finite, the
    /// draw is uniform, over all other samples if need be.
    /// </summary>
    /// <param name="logits">[b, b], cosine / τ; image i, text j at i·b + j.</param>
    /// <param name="tokens">[b, L], the captions.</param>
    /// <param name="seed">Of this micro-batch in this step.</param>
    /// <exception cref="ArgumentException">Lengths that do not fit, or a single sample.</exception>
    public static HardNegatives Draw(ReadOnlySpan<double> logits, ReadOnlySpan<int> tokens, ulong seed)
    {
        var count = (int)Math.Round(Math.Sqrt(logits.Length));
        if (count < 2 || count * count != logits.Length || tokens.Length % count != 0)
        {
            throw new ArgumentException(
                $"Negatives need b·b similarities, b at least 2, and b captions of one length; got {logits.Length} and {tokens.Length} ids.");
        }

        var length = tokens.Length / count;
        var random = new SeededRandom(seed);
        var (imageOfText, textOfImage) = (new int[count], new int[count]);
        var (weights, strangers) = (new double[count], new bool[count]);
        for (var i = 0; i < count; i++)
        {
            for (var j = 0; j < count; j++)
            {
                strangers[j] = !tokens.Slice(i * length, length).SequenceEqual(tokens.Slice(j * length, length));
            }

            if (!strangers.Contains(true))
            {
                strangers.AsSpan().Fill(true);
                strangers[i] = false;
            }

            for (var j = 0; j < count; j++)
            {
                weights[j] = logits[(j * count) + i];
            }

            imageOfText[i] = Draw(weights, strangers, ref random);
            logits.Slice(i * count, count).CopyTo(weights);
            textOfImage[i] = Draw(weights, strangers, ref random);
        }

        return new HardNegatives(imageOfText, textOfImage);
    }

    /// <summary>One of those allowed, in proportion to the exponential of its logit.</summary>
    private static int Draw(double[] logits, bool[] allowed, ref SeededRandom random)
    {
        var largest = double.NegativeInfinity;
        var finite = true;
        for (var j = 0; j < logits.Length; j++)
        {
            if (allowed[j])
            {
                largest = Math.Max(largest, logits[j]);
                finite &= double.IsFinite(logits[j]);
            }
        }

        var sum = 0.0;
        for (var j = 0; j < logits.Length; j++)
        {
            logits[j] = !allowed[j] ? 0 : finite ? Math.Exp(logits[j] - largest) : 1;
            sum += logits[j];
        }

        var (rest, last) = (random.NextDouble() * sum, -1);
        for (var j = 0; j < logits.Length; j++)
        {
            if (logits[j] > 0)
            {
                last = j;
                rest -= logits[j];
                if (rest < 0)
                {
                    break;
                }
            }
        }

        return last;
    }
}
