using static TorchSharp.torch;

namespace TiMix.Learning.Model;

/// <summary>
/// One post-norm block, as BERT has it: LayerNorm of x + self-attention, then LayerNorm of x + MLP. Parameters as in <see cref="TransformerBlock"/>.
/// </summary>
internal sealed class PostNormBlock(ParameterLeaves parameters, string prefix, int heads, string attention, string activation, double epsilon)
{
    private readonly SelfAttention _attention = new(parameters, prefix + "attn.", heads, attention, causal: false);
    private readonly Func<Tensor, Tensor> _activation = Activations.Of(activation);

    /// <param name="x">[b, T, C].</param>
    /// <param name="mask">[b, T], 0 or minus infinity for every key, or null.</param>
    /// <param name="classOnly">Whether only the first token is wanted.</param>
    /// <returns>[b, T, C], or [b, 1, C].</returns>
    public Tensor Forward(Tensor x, Tensor? mask, bool classOnly) => parameters.Block(x, mask, (y, padding) => Compute(y, padding, classOnly));

    private Tensor Compute(Tensor x, Tensor? mask, bool classOnly)
    {
        var attended = _attention.Forward(x, mask, classOnly);
        x = parameters.Normalize((classOnly ? x.narrow(1, 0, 1) : x) + attended, prefix + "ln_1", epsilon);
        var hidden = _activation(parameters.Affine(x, prefix + "mlp.c_fc"));
        return parameters.Normalize(x + parameters.Affine(hidden, prefix + "mlp.c_proj"), prefix + "ln_2", epsilon);
    }
}
