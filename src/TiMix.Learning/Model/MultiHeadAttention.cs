using TorchSharp;
using static TorchSharp.torch;

namespace TiMix.Learning.Model;

/// <summary>softmax(q·kᵀ/√w + mask)·v for every head. H heads of width w, C = H·w.</summary>
internal static class MultiHeadAttention
{
    /// <summary>[b, T, parts·C] to parts tensors [b, H, T, w].</summary>
    public static Tensor[] Split(Tensor projected, int parts, int heads)
    {
        long b = projected.size(0), t = projected.size(1);
        var split = projected.view(b, t, parts, heads, projected.size(2) / parts / heads).permute(2, 0, 3, 1, 4).contiguous();
        return [.. Enumerable.Range(0, parts).Select(part => split.select(0, part))];
    }

    /// <param name="parameters">Of the model; they know its precision.</param>
    /// <param name="queries">[b, H, T, w].</param>
    /// <param name="keys">[b, H, M, w].</param>
    /// <param name="values">[b, H, M, w].</param>
    /// <param name="mask">0 or minus infinity, to be spread over [b, H, T, M]; null: every query sees every key.</param>
    /// <param name="attention">manual or fused.</param>
    /// <returns>[b, T, C].</returns>
    public static Tensor Mix(ParameterLeaves parameters, Tensor queries, Tensor keys, Tensor values, Tensor? mask, string attention)
    {
        long b = queries.size(0), heads = queries.size(1), t = queries.size(2), width = queries.size(3), m = keys.size(2);
        Tensor mixed;
        if (attention == "fused")
        {
            mixed = parameters.FusedAttention(queries, keys, values, mask?.expand(b, heads, t, m));
        }
        else
        {
            var scores = parameters.Product((queries * Math.Pow(width, -0.5)).reshape(b * heads, t, width), keys.reshape(b * heads, m, width).transpose(1, 2));
            if (mask is not null)
            {
                scores = (scores.view(b, heads, t, m) + mask).view(b * heads, t, m);
            }

            mixed = parameters.Product(scores.softmax(2), values.reshape(b * heads, m, width)).view(b, heads, t, width);
        }

        return mixed.transpose(1, 2).reshape(b, t, heads * width);
    }
}
