using TorchSharp;
using static TorchSharp.torch;

namespace TiMix.Learning.Model;

/// <summary>Multi-head self-attention with queries, keys and values in one matrix, as CLIP has it.</summary>
/// <param name="parameters">Of the model.</param>
/// <param name="prefix">Of the parameters, with its dot.</param>
/// <param name="heads">Divide C.</param>
/// <param name="attention">manual or fused.</param>
/// <param name="causal">Whether a token sees only itself and those before it.</param>
internal sealed class SelfAttention(ParameterLeaves parameters, string prefix, int heads, string attention, bool causal)
{
    private readonly Tensor _inWeight = parameters[prefix + "in_proj_weight"];
    private readonly Tensor _inBias = parameters[prefix + "in_proj_bias"];

    /// <param name="x">[b, T, C].</param>
    /// <param name="padding">[b, T], 0 or minus infinity for every key, or null; not together with causal attention.</param>
    /// <param name="classOnly">Whether only the first token is wanted: its queries and output alone are computed.</param>
    /// <returns>[b, T, C], or [b, 1, C].</returns>
    public Tensor Forward(Tensor x, Tensor? padding, bool classOnly)
    {
        long b = x.size(0), t = x.size(1), c = x.size(2), width = c / heads, from = classOnly ? 1 : t;
        Tensor Split(Tensor projected, long parts) => projected.view(b, t, parts, heads, width).permute(2, 0, 3, 1, 4);
        Tensor queries, rest;
        if (classOnly)
        {
            queries = parameters.Linear(x.select(1, 0), _inWeight.narrow(0, 0, c), _inBias.narrow(0, 0, c)).view(b, heads, 1, width);
            rest = Split(parameters.Linear(x, _inWeight.narrow(0, c, 2 * c), _inBias.narrow(0, c, 2 * c)), 2);
        }
        else
        {
            rest = Split(parameters.Linear(x, _inWeight, _inBias), 3);
            queries = rest.select(0, 0);
            rest = rest.narrow(0, 1, 2);
        }

        var mask = causal ? full([t, t], float.NegativeInfinity, device: x.device).triu(1).view(1, 1, t, t) : padding?.view(b, 1, 1, t);
        Tensor mixed;
        if (attention == "fused")
        {
            mixed = parameters.FusedAttention(queries, rest.select(0, 0), rest.select(0, 1), mask?.expand(b, heads, from, t));
        }
        else
        {
            rest = rest.reshape(2, b * heads, t, width);
            var scores = parameters.Product((queries * Math.Pow(width, -0.5)).reshape(b * heads, from, width), rest.select(0, 0).transpose(1, 2));
            if (mask is not null)
            {
                scores = (scores.view(b, heads, from, t) + mask).view(b * heads, from, t);
            }

            mixed = parameters.Product(scores.softmax(2), rest.select(0, 1)).view(b, heads, from, width);
        }

        return parameters.Affine(mixed.transpose(1, 2).reshape(b, from, c), prefix + "out_proj");
    }
}
