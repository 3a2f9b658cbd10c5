using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace TiMix.Learning;

/// <summary>What the image encoder gives. b images, N patches, C width, d embedding width.</summary>
/// <param name="Feature">[b, d], L2-normalised.</param>
/// <param name="Middle">[b, N, C] patch tokens after the middle block; null unless asked for.</param>
public sealed record ImageEncoding(Tensor Feature, Tensor? Middle);

/// <summary>What the text encoder gives. b texts, Ct width, d embedding width.</summary>
/// <param name="Feature">[b, d], L2-normalised.</param>
/// <param name="Cls">[b, Ct] class token after the last LayerNorm.</param>
public sealed record TextEncoding(Tensor Feature, Tensor Cls);

/// <summary>
/// Image encoder (ViT in CLIP's layout), text encoder (pre-norm transformer, both directions, class token first), projections,
/// and the patch–text predictor (timix.md) over views of a flat parameter buffer. Several encoders may share one buffer, each
/// with gradients of its own, one a thread. Not thread-safe itself.
/// </summary>
public sealed class DualEncoder : IDisposable
{
    /// <summary>Name of the parameter -ln τ.</summary>
    public const string LogitScaleName = "logit_scale";

    private const double LayerNormEpsilon = 1e-5;
    private readonly ModelConfig _config;
    private readonly Dictionary<string, Tensor> _leaves = new(StringComparer.Ordinal);
    private readonly Tensor? _logitScaleGradient;
    private readonly Block[] _visionBlocks;
    private readonly Block[] _textBlocks;

    private sealed record Block(
        Tensor Norm1Weight, Tensor Norm1Bias, Tensor InWeight, Tensor InBias, Tensor OutWeight, Tensor OutBias,
        Tensor Norm2Weight, Tensor Norm2Bias, Tensor FcWeight, Tensor FcBias, Tensor ProjWeight, Tensor ProjBias);

    /// <param name="config">Sizes.</param>
    /// <param name="layout">From <see cref="LayoutOf"/> with the same sizes.</param>
    /// <param name="values">float32 [layout.Length]; the encoder reads it in place.</param>
    /// <param name="gradients">float32 [layout.Length], added to by backward; null: nothing is differentiated.</param>
    public DualEncoder(ModelConfig config, ParameterLayout layout, Tensor values, Tensor? gradients)
    {
        TorchRuntime.Initialize();
        _config = config;
        foreach (var slot in layout.Slots)
        {
            _leaves.Add(slot.Spec.Name, Leaf(slot, values, gradients));
        }

        if (gradients is not null)
        {
            using var scope = NewDisposeScope();
            _logitScaleGradient = gradients.narrow(0, layout[LogitScaleName].Offset, 1).DetachFromDisposeScope();
        }

        _visionBlocks = [.. Enumerable.Range(0, config.VisionLayers).Select(i => BlockOf($"visual.transformer.resblocks.{i}."))];
        _textBlocks = [.. Enumerable.Range(0, config.TextLayers).Select(i => BlockOf($"text.transformer.resblocks.{i}."))];
    }

    /// <summary>Every parameter of a model of these sizes.</summary>
    /// <exception cref="ArgumentException">Sizes that do not fit together.</exception>
    public static ParameterLayout LayoutOf(ModelConfig config)
    {
        config.Validate();
        var specs = new List<ParameterSpec>();
        void Matrix(string name, double deviation, params long[] shape) => specs.Add(new ParameterSpec(name, shape, true, new Initial(0, deviation)));
        void Free(string name, Initial initial, params long[] shape) => specs.Add(new ParameterSpec(name, shape, false, initial));
        void Norm(string name, long width)
        {
            Free(name + ".weight", new Initial(1, 0), width);
            Free(name + ".bias", default, width);
        }

        void Linear(string name, long from, long to, double deviation)
        {
            Matrix(name + ".weight", deviation, to, from);
            Free(name + ".bias", default, to);
        }

        void Blocks(string prefix, long width, int layers)
        {
            var (attention, residual) = (Math.Pow(width, -0.5), Math.Pow(width, -0.5) * Math.Pow(2 * layers, -0.5));
            for (var i = 0; i < layers; i++)
            {
                var block = $"{prefix}transformer.resblocks.{i}.";
                Norm(block + "ln_1", width);
                Matrix(block + "attn.in_proj_weight", attention, 3 * width, width);
                Free(block + "attn.in_proj_bias", default, 3 * width);
                Linear(block + "attn.out_proj", width, width, residual);
                Norm(block + "ln_2", width);
                Linear(block + "mlp.c_fc", width, 4 * width, Math.Pow(2 * width, -0.5));
                Linear(block + "mlp.c_proj", 4 * width, width, residual);
            }
        }

        long c = config.VisionWidth, p = config.PatchSize, ct = config.TextWidth, d = config.EmbedDim;
        Free("visual.class_embedding", new Initial(0, Math.Pow(c, -0.5)), c);
        Free("visual.positional_embedding", new Initial(0, Math.Pow(c, -0.5)), (config.Grid * config.Grid) + 1, c);
        Matrix("visual.conv1.weight", Math.Pow(9.0 * p * p, -0.5), c, 3, p, p);
        Norm("visual.ln_pre", c);
        Blocks("visual.", c, config.VisionLayers);
        Norm("visual.ln_post", c);
        Matrix("visual.proj", Math.Pow(c, -0.5), c, d);

        Matrix("text.token_embedding.weight", 0.02, config.VocabularySize, ct);
        Free("text.positional_embedding", new Initial(0, 0.01), config.ContextLength, ct);
        Blocks("text.", ct, config.TextLayers);
        Norm("text.ln_final", ct);
        Matrix("text.text_projection", Math.Pow(ct, -0.5), ct, d);

        Norm("predictor.norm", c);
        Linear("predictor.fc_in", c, c, Math.Pow(c, -0.5));
        if (ct != c)
        {
            Linear("predictor.text", ct, c, Math.Pow(ct, -0.5));
        }

        Linear("predictor.fc_1", 2 * c, c / 2, Math.Pow(2 * c, -0.5));
        Linear("predictor.fc_2", c / 2, c / 4, Math.Pow(c / 2.0, -0.5));
        Linear("predictor.fc_out", c / 4, 2, Math.Pow(c / 4.0, -0.5));
        Free(LogitScaleName, new Initial(config.LogitScaleInit, 0), 1);
        return new ParameterLayout(specs);
    }

    /// <summary>Adds to the gradient of -ln τ, which belongs to the loss and not to any feature.</summary>
    /// <exception cref="InvalidOperationException">The encoder has no gradients.</exception>
    public void AddLogitScaleGradient(float gradient)
    {
        using var noGrad = no_grad();
        (_logitScaleGradient ?? throw new InvalidOperationException("The encoder has no gradients.")).add_(gradient);
    }

    /// <summary>Features of images, and patch tokens of the middle block if asked for.</summary>
    /// <param name="pixels">float32 [b, 3, S, S], normalised (<see cref="Pixels.Normalize"/>).</param>
    /// <param name="middle">Whether the predictor is going to be asked.</param>
    public ImageEncoding EncodeImages(Tensor pixels, bool middle)
    {
        long b = pixels.size(0), n = _config.Grid, p = _config.PatchSize, c = _config.VisionWidth;
        var patches = pixels.view(b, 3, n, p, n, p).permute(0, 2, 4, 1, 3, 5).reshape(b, n * n, 3 * p * p);
        var x = cat([this["visual.class_embedding"].view(1, 1, c).expand(b, 1, c), linear(patches, this["visual.conv1.weight"].view(c, 3 * p * p))], 1);
        x = Normalize(x + this["visual.positional_embedding"], "visual.ln_pre", c);
        Tensor? tokens = null;
        for (var i = 0; i < _visionBlocks.Length; i++)
        {
            var isMiddle = middle && i + 1 == Math.Max(1, _visionBlocks.Length / 2);
            x = Transform(x, _visionBlocks[i], _config.VisionHeads, null, classOnly: i + 1 == _visionBlocks.Length && !isMiddle);
            if (isMiddle)
            {
                tokens = x.narrow(1, 1, n * n);
            }
        }

        var cls = Normalize(x.select(1, 0), "visual.ln_post", c);
        return new ImageEncoding(normalize(cls.mm(this["visual.proj"]), p: 2, dim: 1), tokens);
    }

    /// <summary>Features of texts.</summary>
    /// <param name="tokens">int64 [b, at most L]: class token, words, padding with 0.</param>
    public TextEncoding EncodeTexts(Tensor tokens)
    {
        long b = tokens.size(0), l = tokens.size(1), ct = _config.TextWidth;
        var x = this["text.token_embedding.weight"].index_select(0, tokens.reshape(-1)).view(b, l, ct) + this["text.positional_embedding"].narrow(0, 0, l);
        Tensor? mask = null;
        var padding = tokens.eq(0);
        if (padding.any().item<bool>())
        {
            mask = zeros(b, l, device: tokens.device).masked_fill_(padding, float.NegativeInfinity);
        }

        for (var i = 0; i < _textBlocks.Length; i++)
        {
            x = Transform(x, _textBlocks[i], _config.TextHeads, mask, classOnly: i + 1 == _textBlocks.Length);
        }

        var cls = Normalize(x.select(1, 0), "text.ln_final", ct);
        return new TextEncoding(normalize(cls.mm(this["text.text_projection"]), p: 2, dim: 1), cls);
    }

    /// <summary>
    /// Two-class logits of every (text, patch) pair: h = GELU(Linear(LayerNorm(x))), local = first half of h, global = mean over
    /// patches of the second half, z = [local; global; t], then Linear–GELU–Linear–GELU–Linear to 2. The first layer after the
    /// concatenation is applied part by part, so that what belongs to an image is computed once for all of its texts.
    /// </summary>
    /// <param name="middle">[b, N, C] from <see cref="EncodeImages"/>.</param>
    /// <param name="owner">int64 [R], the image of each text; null: text i is of image i.</param>
    /// <param name="cls">[R, Ct] from <see cref="EncodeTexts"/>.</param>
    /// <returns>[R, N, 2].</returns>
    public Tensor PatchTextLogits(Tensor middle, Tensor? owner, Tensor cls)
    {
        long c = _config.VisionWidth, half = c / 2;
        var h = gelu(Affine(Normalize(middle, "predictor.norm", c), "predictor.fc_in"));
        var weight = this["predictor.fc_1.weight"];
        var local = linear(h.narrow(2, 0, half), weight.narrow(1, 0, half));
        var global = linear(h.narrow(2, half, half).mean([1]), weight.narrow(1, half, half));
        var image = local + global.unsqueeze(1);
        if (owner is not null)
        {
            image = image.index_select(0, owner);
        }

        var text = _config.TextWidth == c ? cls : Affine(cls, "predictor.text");
        var z = gelu(image + linear(text, weight.narrow(1, c, c), this["predictor.fc_1.bias"]).unsqueeze(1));
        return Affine(gelu(Affine(z, "predictor.fc_2")), "predictor.fc_out");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var leaf in _leaves.Values)
        {
            leaf.Dispose();
        }

        _logitScaleGradient?.Dispose();
    }

    private Tensor this[string name] => _leaves[name];

    private static Tensor Leaf(ParameterSlot slot, Tensor values, Tensor? gradients)
    {
        using var scope = NewDisposeScope();
        Tensor View(Tensor flat) => flat.narrow(0, slot.Offset, slot.Spec.Length).view(slot.Spec.Shape);
        var leaf = View(values).detach();
        if (gradients is not null)
        {
            leaf.requires_grad_(true);
            leaf.grad = View(gradients);
        }

        return leaf.DetachFromDisposeScope();
    }

    private Block BlockOf(string prefix) => new(
        this[prefix + "ln_1.weight"], this[prefix + "ln_1.bias"],
        this[prefix + "attn.in_proj_weight"], this[prefix + "attn.in_proj_bias"], this[prefix + "attn.out_proj.weight"], this[prefix + "attn.out_proj.bias"],
        this[prefix + "ln_2.weight"], this[prefix + "ln_2.bias"],
        this[prefix + "mlp.c_fc.weight"], this[prefix + "mlp.c_fc.bias"], this[prefix + "mlp.c_proj.weight"], this[prefix + "mlp.c_proj.bias"]);

    private Tensor Affine(Tensor x, string name) => linear(x, this[name + ".weight"], this[name + ".bias"]);

    private Tensor Normalize(Tensor x, string name, long width) => layer_norm(x, [width], this[name + ".weight"], this[name + ".bias"], LayerNormEpsilon);

    /// <summary>
    /// One block: x + attention, then x + MLP, each after a LayerNorm. Of the last block only the class token is used, so its
    /// queries, output projection and MLP are computed for that token alone.
    /// </summary>
    /// <param name="x">[b, T, C].</param>
    /// <param name="block">Parameters.</param>
    /// <param name="heads">Attention heads.</param>
    /// <param name="mask">[b, T], 0 or minus infinity for every key, or null.</param>
    /// <param name="classOnly">Whether only the first token is wanted.</param>
    /// <returns>[b, T, C], or [b, 1, C].</returns>
    private Tensor Transform(Tensor x, Block block, int heads, Tensor? mask, bool classOnly)
    {
        var width = x.size(2);
        var attended = Attend(layer_norm(x, [width], block.Norm1Weight, block.Norm1Bias, LayerNormEpsilon), block, heads, mask, classOnly);
        x = (classOnly ? x.narrow(1, 0, 1) : x) + attended;
        var hidden = gelu(linear(layer_norm(x, [width], block.Norm2Weight, block.Norm2Bias, LayerNormEpsilon), block.FcWeight, block.FcBias));
        return x + linear(hidden, block.ProjWeight, block.ProjBias);
    }

    private Tensor Attend(Tensor x, Block block, int heads, Tensor? mask, bool classOnly)
    {
        long b = x.size(0), t = x.size(1), c = x.size(2), width = c / heads, from = classOnly ? 1 : t;
        Tensor Split(Tensor projected, long parts) => projected.view(b, t, parts, heads, width).permute(2, 0, 3, 1, 4);
        Tensor queries, rest;
        if (classOnly)
        {
            queries = linear(x.select(1, 0), block.InWeight.narrow(0, 0, c), block.InBias.narrow(0, 0, c)).view(b, heads, 1, width);
            rest = Split(linear(x, block.InWeight.narrow(0, c, 2 * c), block.InBias.narrow(0, c, 2 * c)), 2);
        }
        else
        {
            rest = Split(linear(x, block.InWeight, block.InBias), 3);
            queries = rest.select(0, 0);
            rest = rest.narrow(0, 1, 2);
        }

        Tensor mixed;
        if (_config.Attention == "fused")
        {
            mixed = scaled_dot_product_attention(queries, rest.select(0, 0), rest.select(0, 1), attn_mask: mask?.view(b, 1, 1, t).expand(b, heads, from, t));
        }
        else
        {
            rest = rest.reshape(2, b * heads, t, width);
            var scores = (queries * Math.Pow(width, -0.5)).reshape(b * heads, from, width).bmm(rest.select(0, 0).transpose(1, 2));
            if (mask is not null)
            {
                scores = (scores.view(b, heads, from, t) + mask.view(b, 1, 1, t)).view(b * heads, from, t);
            }

            mixed = scores.softmax(2).bmm(rest.select(0, 1)).view(b, heads, from, width);
        }

        return linear(mixed.transpose(1, 2).reshape(b, from, c), block.OutWeight, block.OutBias);
    }
}
