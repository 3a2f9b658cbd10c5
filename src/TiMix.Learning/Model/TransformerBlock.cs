using static TorchSharp.torch;

namespace TiMix.Learning.Model;

/// <summary>One pre-norm block in CLIP's layout: x + self-attention, then x + MLP, each after a LayerNorm.</summary>
internal sealed class TransformerBlock(ParameterLeaves parameters, string prefix, int heads, string attention, string activation = "gelu", bool causal = false)
{
    private readonly SelfAttention _attention = new(parameters, prefix + "attn.", heads, attention, causal);
    private readonly Func<Tensor, Tensor> _activation = Activations.Of(activation);

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
    public static TransformerBlock[] Tower(
        ParameterLeaves parameters, string prefix, int layers, int heads, string attention, string activation = "gelu", bool causal = false) =>
        [.. Enumerable.Range(0, layers).Select(i => new TransformerBlock(parameters, NameOf(prefix, i), heads, attention, activation, causal))];

    /// <summary>Prefix of the parameters of a tower's block, with its dot.</summary>
    public static string NameOf(string tower, int i) => $"{tower}transformer.resblocks.{i}.";

    /// <param name="x">[b, T, C].</param>
    /// <param name="mask">[b, T], 0 or minus infinity for every key, or null.</param>
    /// <param name="classOnly">Whether only the first token is wanted: its queries, output projection and MLP alone are computed.</param>
    /// <returns>[b, T, C], or [b, 1, C].</returns>
    public Tensor Forward(Tensor x, Tensor? mask, bool classOnly) => parameters.Block(x, mask, (y, padding) => Compute(y, padding, classOnly));

    private Tensor Compute(Tensor x, Tensor? mask, bool classOnly)
    {
        var attended = _attention.Forward(parameters.Normalize(x, prefix + "ln_1"), mask, classOnly);
        x = (classOnly ? x.narrow(1, 0, 1) : x) + attended;
        var hidden = _activation(parameters.Affine(parameters.Normalize(x, prefix + "ln_2"), prefix + "mlp.c_fc"));
        return x + parameters.Affine(hidden, prefix + "mlp.c_proj");
    }
}
