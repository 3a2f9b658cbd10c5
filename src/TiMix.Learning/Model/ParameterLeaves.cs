using TiMix.Learning.Runtime;
using TorchSharp;
using static TorchSharp.torch.nn.functional;
using static TorchSharp.torch;

namespace TiMix.Learning.Model;

/// <summary>
/// The parameters of a model by name: views of a flat buffer, whose gradients are views of another. Several may share the first,
/// each with gradients of its own, one a thread. Not thread-safe itself.
/// </summary>
public sealed class ParameterLeaves : IDisposable
{
    /// <summary>Added to the variance in a LayerNorm unless said otherwise.</summary>
    public const double LayerNormEpsilon = 1e-5;

    private readonly Dictionary<string, Tensor> _leaves = new(StringComparer.Ordinal);
    private readonly bool _half;
    private readonly bool _recompute;

    /// <param name="layout">What lies where.</param>
    /// <param name="values">float32 [layout.Length]; read in place.</param>
    /// <param name="gradients">float32 [layout.Length], added to by backward; null: nothing is differentiated.</param>
    /// <param name="precision"><c>float32</c>, or <c>bf16</c>: of the factors of all large products, whose sums come back as float32.</param>
    /// <param name="recompute">Whether blocks are computed again in the backward pass instead of being kept for it.</param>
    public ParameterLeaves(ParameterLayout layout, Tensor values, Tensor? gradients, string precision = "float32", bool recompute = false)
    {
        TorchRuntime.Initialize();
        (_half, _recompute) = (precision == "bf16", recompute);
        foreach (var slot in layout.Slots)
        {
            _leaves.Add(slot.Spec.Name, Leaf(slot, values, gradients));
        }
    }

    /// <summary>The parameter of that name.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public Tensor this[string name] =>
        _leaves.TryGetValue(name, out var leaf) ? leaf : throw new KeyNotFoundException($"The model has no parameter \"{name}\".");

    /// <summary>x·Wᵀ + b with the parameters <c>name.weight</c> and <c>name.bias</c>.</summary>
    public Tensor Affine(Tensor x, string name) => Linear(x, this[name + ".weight"], this[name + ".bias"]);

    /// <summary>x·Wᵀ + b, in the model's precision; float32 in and out.</summary>
    public Tensor Linear(Tensor x, Tensor weight, Tensor? bias) =>
        _half ? linear(Rounded(x), Rounded(weight), bias is null ? null : Rounded(bias)).to(ScalarType.Float32) : linear(x, weight, bias);

    /// <summary>Products of a batch of matrices, in the model's precision; float32 in and out.</summary>
    public Tensor Product(Tensor left, Tensor right) => _half ? Rounded(left).bmm(Rounded(right)).to(ScalarType.Float32) : left.bmm(right);

    /// <summary>Attention by one fused call, in the model's precision; float32 in and out.</summary>
    public Tensor FusedAttention(Tensor queries, Tensor keys, Tensor values, Tensor? mask) => _half
        ? scaled_dot_product_attention(Rounded(queries), Rounded(keys), Rounded(values), attn_mask: mask is null ? null : Rounded(mask)).to(ScalarType.Float32)
        : scaled_dot_product_attention(queries, keys, values, attn_mask: mask);

    /// <summary>A block of x, of a mask and of parameters, kept for the backward pass or computed again in it.</summary>
    public Tensor Block(Tensor x, Tensor? mask, Func<Tensor, Tensor?, Tensor> block) => _recompute ? Recomputed.Run(x, mask, block) : block(x, mask);

    /// <summary>LayerNorm over the last axis with <c>name.weight</c> and <c>name.bias</c>.</summary>
    public Tensor Normalize(Tensor x, string name, double epsilon = LayerNormEpsilon) =>
        layer_norm(x, [x.size(-1)], this[name + ".weight"], this[name + ".bias"], epsilon);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var leaf in _leaves.Values)
        {
            leaf.Dispose();
        }
    }

    private static Tensor Rounded(Tensor x) => x.to(ScalarType.BFloat16);

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
}
