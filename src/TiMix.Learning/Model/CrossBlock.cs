using TorchSharp;
using static TorchSharp.torch.nn.functional;
using static TorchSharp.torch;

namespace TiMix.Learning.Model;

/// <summary>
/// One pre-norm block: x + self-attention, x + cross-attention to a memory, x + MLP, each after a LayerNorm. Always kept for the
/// backward pass: keys and values of the memory are shared by many texts, and would be computed again for each.
/// </summary>
internal sealed class CrossBlock(ParameterLeaves parameters, string prefix, int heads, string attention)
{
    private readonly Tensor _inWeight = parameters[prefix + "attn.in_proj_weight"];
    private readonly Tensor _inBias = parameters[prefix + "attn.in_proj_bias"];

    /// <summary>Names and shapes of a tower's blocks.</summary>
    /// <param name="specs">Added to.</param>
    /// <param name="tower">Prefix of the tower, with its dot.</param>
    /// <param name="width">Ct, of the tokens.</param>
    /// <param name="memoryWidth">Of what is looked at.</param>
    /// <param name="layers">Blocks; the residual branches start smaller the more there are.</param>
    public static void AddSpecs(ParameterSpecs specs, string tower, long width, long memoryWidth, int layers)
    {
        var (attention, residual) = (Math.Pow(width, -0.5), Math.Pow(3.0 * width * layers, -0.5));
        for (var i = 0; i < layers; i++)
        {
            var block = NameOf(tower, i);
            specs.Norm(block + "ln_1", width);
            specs.Matrix(block + "attn.in_proj_weight", attention, 3 * width, width);
            specs.Free(block + "attn.in_proj_bias", default, 3 * width);
            specs.Linear(block + "attn.out_proj", width, width, residual);
            specs.Norm(block + "ln_cross", width);
            specs.Linear(block + "cross_attn.q_proj", width, width, attention);
            specs.Linear(block + "cross_attn.kv_proj", memoryWidth, 2 * width, Math.Pow(memoryWidth, -0.5));
            specs.Linear(block + "cross_attn.out_proj", width, width, residual);
            specs.Norm(block + "ln_2", width);
            specs.Linear(block + "mlp.c_fc", width, 4 * width, Math.Pow(2 * width, -0.5));
            specs.Linear(block + "mlp.c_proj", 4 * width, width, residual);
        }
    }

    /// <summary>The blocks of a tower.</summary>
    public static CrossBlock[] Tower(ParameterLeaves parameters, string tower, int layers, int heads, string attention) =>
        [.. Enumerable.Range(0, layers).Select(i => new CrossBlock(parameters, NameOf(tower, i), heads, attention))];

    /// <summary>Keys and values of a memory [b, M, memory width] for every block.</summary>
    public static CrossMemory Remember(CrossBlock[] tower, Tensor memory, Tensor? mask) => new([.. tower.Select(block => block.Remember(memory))], mask);

    /// <param name="x">[b, T, Ct].</param>
    /// <param name="mask">Of the self-attention: 0 or minus infinity, to be spread over [b, H, T, T], or null.</param>
    /// <param name="memory">Keys and values of this block.</param>
    /// <param name="memoryMask">[b, 1, 1, M], or null.</param>
    /// <param name="classOnly">Whether only the first token is wanted; the mask must not depend on the query then.</param>
    /// <returns>[b, T, Ct], or [b, 1, Ct].</returns>
    public Tensor Forward(Tensor x, Tensor? mask, (Tensor Keys, Tensor Values) memory, Tensor? memoryMask, bool classOnly)
    {
        var attended = Attend(parameters.Normalize(x, prefix + "ln_1"), mask, classOnly);
        x = (classOnly ? x.narrow(1, 0, 1) : x) + attended;
        var queries = MultiHeadAttention.Split(parameters.Affine(parameters.Normalize(x, prefix + "ln_cross"), prefix + "cross_attn.q_proj"), 1, heads)[0];
        x = x + parameters.Affine(
            MultiHeadAttention.Mix(parameters, queries, memory.Keys, memory.Values, memoryMask, attention), prefix + "cross_attn.out_proj");
        var hidden = gelu(parameters.Affine(parameters.Normalize(x, prefix + "ln_2"), prefix + "mlp.c_fc"));
        return x + parameters.Affine(hidden, prefix + "mlp.c_proj");
    }

    private static string NameOf(string tower, int i) => $"{tower}transformer.resblocks.{i}.";

    private (Tensor Keys, Tensor Values) Remember(Tensor memory)
    {
        var parts = MultiHeadAttention.Split(parameters.Affine(memory, prefix + "cross_attn.kv_proj"), 2, heads);
        return (parts[0], parts[1]);
    }

    private Tensor Attend(Tensor x, Tensor? mask, bool classOnly)
    {
        var c = x.size(2);
        Tensor[] parts;
        if (classOnly)
        {
            parts =
            [
                .. MultiHeadAttention.Split(parameters.Linear(x.narrow(1, 0, 1), _inWeight.narrow(0, 0, c), _inBias.narrow(0, 0, c)), 1, heads),
                .. MultiHeadAttention.Split(parameters.Linear(x, _inWeight.narrow(0, c, 2 * c), _inBias.narrow(0, c, 2 * c)), 2, heads),
            ];
        }
        else
        {
            parts = MultiHeadAttention.Split(parameters.Linear(x, _inWeight, _inBias), 3, heads);
        }

        return parameters.Affine(MultiHeadAttention.Mix(parameters, parts[0], parts[1], parts[2], mask, attention), prefix + "attn.out_proj");
    }
}
