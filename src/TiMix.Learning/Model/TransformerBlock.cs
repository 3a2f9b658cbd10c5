using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace TiMix.Learning;

/// <summary>One pre-norm block in CLIP's layout: x + self-attention, then x + MLP, each after a LayerNorm.</summary>
internal sealed class TransformerBlock(ParameterLeaves parameters, string prefix, int heads, string attention)
{
    private readonly Tensor _inWeight = parameters[prefix + "attn.in_proj_weight"];
    private readonly Tensor _inBias = parameters[prefix + "attn.in_proj_bias"];

    /// <summary>Names and shapes of a tower's blocks.</summary>
    /// <param name="specs">Added to.</param>
    /// <param name="prefix">Of the tower, with its dot.</param>
    /// <param name="width">C.</param>
    /// <param name="layers">Blocks; the residual branches start smaller the more there are.</param>
    public static void AddSpecs(ParameterSpecs specs, string prefix, long width, int layers)
    {
        var (attention, residual) = (Math.Pow(width, -0.5), Math.Pow(width, -0.5) * Math.Pow(2 * layers, -0.5));
        for (var i = 0; i < layers; i++)
        {
            var block = NameOf(prefix, i);
            specs.Norm(block + "ln_1", width);
            specs.Matrix(block + "attn.in_proj_weight", attention, 3 * width, width);
            specs.Free(block + "attn.in_proj_bias", default, 3 * width);
            specs.Linear(block + "attn.out_proj", width, width, residual);
            specs.Norm(block + "ln_2", width);
            specs.Linear(block + "mlp.c_fc", width, 4 * width, Math.Pow(2 * width, -0.5));
            specs.Linear(block + "mlp.c_proj", 4 * width, width, residual);
        }
    }

    /// <summary>The blocks of a tower.</summary>
    public static TransformerBlock[] Tower(ParameterLeaves parameters, string prefix, int layers, int heads, string attention) =>
        [.. Enumerable.Range(0, layers).Select(i => new TransformerBlock(parameters, NameOf(prefix, i), heads, attention))];

    /// <param name="x">[b, T, C].</param>
    /// <param name="mask">[b, T], 0 or minus infinity for every key, or null.</param>
    /// <param name="classOnly">Whether only the first token is wanted: its queries, output projection and MLP alone are computed.</param>
    /// <returns>[b, T, C], or [b, 1, C].</returns>
    public Tensor Forward(Tensor x, Tensor? mask, bool classOnly)
    {
        var attended = Attend(parameters.Normalize(x, prefix + "ln_1"), mask, classOnly);
        x = (classOnly ? x.narrow(1, 0, 1) : x) + attended;
        var hidden = gelu(parameters.Affine(parameters.Normalize(x, prefix + "ln_2"), prefix + "mlp.c_fc"));
        return x + parameters.Affine(hidden, prefix + "mlp.c_proj");
    }

    private static string NameOf(string tower, int i) => $"{tower}transformer.resblocks.{i}.";

    private Tensor Attend(Tensor x, Tensor? mask, bool classOnly)
    {
        long b = x.size(0), t = x.size(1), c = x.size(2), width = c / heads, from = classOnly ? 1 : t;
        Tensor Split(Tensor projected, long parts) => projected.view(b, t, parts, heads, width).permute(2, 0, 3, 1, 4);
        Tensor queries, rest;
        if (classOnly)
        {
            queries = linear(x.select(1, 0), _inWeight.narrow(0, 0, c), _inBias.narrow(0, 0, c)).view(b, heads, 1, width);
            rest = Split(linear(x, _inWeight.narrow(0, c, 2 * c), _inBias.narrow(0, c, 2 * c)), 2);
        }
        else
        {
            rest = Split(linear(x, _inWeight, _inBias), 3);
            queries = rest.select(0, 0);
            rest = rest.narrow(0, 1, 2);
        }

        Tensor mixed;
        if (attention == "fused")
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

        return parameters.Affine(mixed.transpose(1, 2).reshape(b, from, c), prefix + "attn.out_proj");
    }
}
