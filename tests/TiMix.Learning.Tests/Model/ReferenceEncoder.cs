using TiMix.Learning.Model;

namespace TiMix.Learning.Tests.Model;

/// <summary>
/// The dual encoder from its definitions, number by number in double precision: convolution as a sum over the patch, every
/// token through every block, padding simply left out, the predictor's concatenation written out. No torch.
/// </summary>
internal sealed class ReferenceEncoder(ModelConfig config, ParameterLayout layout, double[] values)
{
    private const double BertEpsilon = 1e-12;

    public double[] Values => values;

    /// <summary>pixels [3, S, S] of one image.</summary>
    public (double[] Feature, double[][] Middle) Image(double[] pixels)
    {
        var (tokens, middle) = ImageBlocks(pixels);
        return (Unit(TimesMatrix(Norm(tokens[0], "visual.ln_post"), "visual.proj", config.EmbedDim)), middle);
    }

    /// <summary>All tokens of one image after the last LayerNorm.</summary>
    public double[][] ImageTokens(double[] pixels) => [.. ImageBlocks(pixels).Tokens.Select(token => Norm(token, "visual.ln_post"))];

    /// <summary>All words of one text in layout timix after the last LayerNorm, and the fused ones if it is held against an image.</summary>
    public double[][] TextTokens(int[] tokens, double[][]? image = null)
    {
        var x = Embedded(tokens, "text.");
        for (var layer = 0; layer < config.TextLayers; layer++)
        {
            x = Block(x, $"text.transformer.resblocks.{layer}.", config.TextHeads, config.TextActivation, causal: false);
        }

        x = [.. x.Select(token => Norm(token, "text.ln_final"))];
        if (image is null)
        {
            return x;
        }

        for (var layer = 0; layer < config.FusionLayers; layer++)
        {
            x = CrossBlock(x, image, $"fusion.transformer.resblocks.{layer}.", causal: false);
        }

        return [.. x.Select(token => Norm(token, "fusion.ln_final"))];
    }

    /// <summary>Two logits of a fused class token.</summary>
    public double[] Match(double[] fused) => Linear(fused, "matching_head");

    /// <summary>Logits of the vocabulary at one fused token.</summary>
    public double[] Word(double[] fused) => Vocabulary(Norm(Gelu(Linear(fused, "mlm_head.dense")), "mlm_head.norm"), "mlm_head.bias");

    /// <summary>Logits of the vocabulary after each token that the decoder is given.</summary>
    public double[][] Decode(int[] tokens, double[][] image, double[][] prefix)
    {
        double[][] memory = [.. image.Select(token => config.VisionWidth == config.TextWidth ? token : Linear(token, "decoder.image")), .. prefix];
        var x = Embedded(tokens, "decoder.");
        for (var layer = 0; layer < config.DecoderLayers; layer++)
        {
            x = CrossBlock(x, memory, $"decoder.transformer.resblocks.{layer}.", causal: true);
        }

        return [.. x.Select(token => Vocabulary(Norm(token, "decoder.ln_final"), "decoder.bias"))];
    }

    private double[][] Embedded(int[] tokens, string tower) => [.. tokens.TakeWhile(token => token != 0)
        .Select((token, i) => Sum(Row("text.token_embedding.weight", token, config.TextWidth), Row(tower + "positional_embedding", i, config.TextWidth)))];

    private double[] Vocabulary(double[] x, string bias) => [.. Enumerable.Range(0, config.VocabularySize)
        .Select(word => At(bias, word) + Row("text.token_embedding.weight", word, x.Length).Zip(x, (a, b) => a * b).Sum())];

    private double[][] CrossBlock(double[][] x, double[][] memory, string name, bool causal)
    {
        var attended = Attention([.. x.Select(token => Norm(token, name + "ln_1"))], name, config.TextHeads, causal);
        x = [.. x.Select((token, i) => Sum(token, attended[i]))];
        var keysAndValues = memory.Select(token => Linear(token, name + "cross_attn.kv_proj")).ToArray();
        x = [.. x.Select(token => Sum(token, Look(Linear(Norm(token, name + "ln_cross"), name + "cross_attn.q_proj"), keysAndValues, name)))];
        return [.. x.Select(token => Sum(token, Mlp(Norm(token, name + "ln_2"), name, "gelu")))];
    }

    private double[] Look(double[] query, double[][] keysAndValues, string name)
    {
        var (width, size) = (query.Length, query.Length / config.TextHeads);
        var joined = new double[width];
        for (var e = 0; e < width; e++)
        {
            var head = e / size * size;
            double[] weights = [.. keysAndValues.Select(memory => Math.Exp(Enumerable.Range(head, size).Sum(i => query[i] * memory[i]) / Math.Sqrt(size)))];
            joined[e] = keysAndValues.Zip(weights, (memory, weight) => weight / weights.Sum() * memory[width + e]).Sum();
        }

        return Linear(joined, name + "cross_attn.out_proj");
    }

    private (double[][] Tokens, double[][] Middle) ImageBlocks(double[] pixels)
    {
        int s = config.ImageSize, p = config.PatchSize, n = s / p, width = config.VisionWidth;
        var tokens = new List<double[]> { Vector("visual.class_embedding") };
        for (var row = 0; row < n; row++)
        {
            for (var column = 0; column < n; column++)
            {
                var patch = new double[width];
                for (var o = 0; o < width; o++)
                {
                    for (var channel = 0; channel < 3; channel++)
                    {
                        for (var y = 0; y < p; y++)
                        {
                            for (var x = 0; x < p; x++)
                            {
                                patch[o] += At("visual.conv1.weight", (((((o * 3) + channel) * p) + y) * p) + x)
                                    * pixels[(channel * s * s) + (((row * p) + y) * s) + (column * p) + x];
                            }
                        }
                    }
                }

                tokens.Add(patch);
            }
        }

        var x0 = tokens.Select((token, i) => Norm(Sum(token, Row("visual.positional_embedding", i, width)), "visual.ln_pre")).ToArray();
        var middle = x0;
        for (var layer = 0; layer < config.VisionLayers; layer++)
        {
            x0 = Block(x0, $"visual.transformer.resblocks.{layer}.", config.VisionHeads, config.VisionActivation, causal: false);
            if (layer + 1 == Math.Max(1, config.VisionLayers / 2))
            {
                middle = x0[1..];
            }
        }

        return (x0, middle);
    }

    /// <summary>tokens of one text; it ends where the padding begins.</summary>
    public (double[] Feature, double[] Cls) Text(int[] tokens)
    {
        var width = config.TextWidth;
        var words = tokens.TakeWhile(token => token != 0).ToArray();
        var x = words.Select((token, i) => Sum(Row("text.token_embedding.weight", token, width), Row("text.positional_embedding", i, width))).ToArray();
        var bert = config.TextLayout == "bert";
        if (bert)
        {
            x = [.. x.Select(token => Norm(Sum(token, Row("text.token_type_embedding", 0, width)), "text.ln_embedding", BertEpsilon))];
        }

        for (var layer = 0; layer < config.TextLayers; layer++)
        {
            var name = $"text.transformer.resblocks.{layer}.";
            x = bert ? PostNormBlock(x, name) : Block(x, name, config.TextHeads, config.TextActivation, causal: config.TextLayout == "clip");
        }

        var read = config.TextLayout == "clip" ? Array.IndexOf(words, words.Max()) : 0;
        var cls = bert ? x[0] : Norm(x[read], "text.ln_final");
        return (Unit(TimesMatrix(cls, "text.text_projection", config.EmbedDim)), cls);
    }

    /// <summary>Two logits for every patch of one image and one text, by the three lines of timix.md.</summary>
    public double[][] Predict(double[][] middle, double[] cls)
    {
        int c = config.VisionWidth, half = c / 2;
        var h = middle.Select(x => Gelu(Linear(Norm(x, "predictor.norm"), "predictor.fc_in"))).ToArray();
        var global = Enumerable.Range(half, half).Select(i => h.Average(patch => patch[i])).ToArray();
        var t = config.TextWidth == c ? cls : Linear(cls, "predictor.text");
        return [.. h.Select(patch =>
        {
            double[] z = [.. patch[..half], .. global, .. t];
            return Linear(Gelu(Linear(Gelu(Linear(z, "predictor.fc_1")), "predictor.fc_2")), "predictor.fc_out");
        })];
    }

    private double[][] Block(double[][] x, string name, int heads, string activation, bool causal)
    {
        var attended = Attention([.. x.Select(token => Norm(token, name + "ln_1"))], name, heads, causal);
        return [.. x.Select((token, i) =>
        {
            var after = Sum(token, attended[i]);
            return Sum(after, Mlp(Norm(after, name + "ln_2"), name, activation));
        })];
    }

    private double[][] PostNormBlock(double[][] x, string name)
    {
        var attended = Attention(x, name, config.TextHeads, causal: false);
        return [.. x.Select((token, i) =>
        {
            var after = Norm(Sum(token, attended[i]), name + "ln_1", BertEpsilon);
            return Norm(Sum(after, Mlp(after, name, config.TextActivation)), name + "ln_2", BertEpsilon);
        })];
    }

    private double[][] Attention(double[][] x, string name, int heads, bool causal)
    {
        var width = x[0].Length;
        var size = width / heads;
        var projected = x.Select(token => LinearAt(token, name + "attn.in_proj_weight", name + "attn.in_proj_bias")).ToArray();
        var result = new double[x.Length][];
        for (var i = 0; i < x.Length; i++)
        {
            var seen = causal ? i + 1 : x.Length;
            var joined = new double[width];
            for (var head = 0; head < heads; head++)
            {
                var scores = new double[seen];
                for (var j = 0; j < seen; j++)
                {
                    for (var e = head * size; e < (head + 1) * size; e++)
                    {
                        scores[j] += projected[i][e] * projected[j][width + e] / Math.Sqrt(size);
                    }
                }

                var weights = scores.Select(Math.Exp).ToArray();
                for (var e = head * size; e < (head + 1) * size; e++)
                {
                    joined[e] = Enumerable.Range(0, seen).Sum(j => weights[j] / weights.Sum() * projected[j][(2 * width) + e]);
                }
            }

            result[i] = Linear(joined, name + "attn.out_proj");
        }

        return result;
    }

    private double[] Mlp(double[] x, string name, string activation)
    {
        var hidden = Linear(x, name + "mlp.c_fc");
        return Linear(activation == "gelu" ? Gelu(hidden) : [.. hidden.Select(value => value / (1 + Math.Exp(-1.702 * value)))], name + "mlp.c_proj");
    }

    private double[] Norm(double[] x, string name, double epsilon = 1e-5)
    {
        var mean = x.Average();
        var variance = x.Average(value => (value - mean) * (value - mean));
        return [.. x.Select((value, i) => ((value - mean) / Math.Sqrt(variance + epsilon) * At(name + ".weight", i)) + At(name + ".bias", i))];
    }

    private double[] Linear(double[] x, string name) => LinearAt(x, name + ".weight", name + ".bias");

    private double[] LinearAt(double[] x, string weight, string bias)
        => [.. Enumerable.Range(0, (int)layout[bias].Spec.Length).Select(
            o => At(bias, o) + Enumerable.Range(0, x.Length).Sum(i => x[i] * At(weight, (o * x.Length) + i)))];

    private double[] TimesMatrix(double[] x, string name, int columns)
        => [.. Enumerable.Range(0, columns).Select(o => Enumerable.Range(0, x.Length).Sum(i => x[i] * At(name, (i * columns) + o)))];

    private static double[] Unit(double[] x)
    {
        var norm = Math.Sqrt(x.Sum(value => value * value));
        return [.. x.Select(value => value / norm)];
    }

    private static double[] Sum(double[] a, double[] b) => [.. a.Zip(b, (x, y) => x + y)];

    private static double[] Gelu(double[] x) => [.. x.Select(value => 0.5 * value * (1 + Erf(value / Math.Sqrt(2))))];

    /// <summary>erf(x) = 2/√π · exp(-x²) · Σ 2ⁿ x²ⁿ⁺¹ / (2n+1)!!</summary>
    private static double Erf(double x)
    {
        double term = x, sum = x;
        for (var n = 1; Math.Abs(term) > 1e-18 * Math.Abs(sum) && n < 500; n++)
        {
            term *= 2 * x * x / ((2 * n) + 1);
            sum += term;
        }

        return 2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x) * sum;
    }

    private double At(string name, int index) => values[layout[name].Offset + index];

    private double[] Vector(string name) => Row(name, 0, (int)layout[name].Spec.Length);

    private double[] Row(string name, int row, int width) =>
        values[(int)(layout[name].Offset + (row * width))..(int)(layout[name].Offset + ((row + 1) * width))];
}
