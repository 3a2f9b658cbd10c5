using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace TiMix.Learning;

/// <summary>
/// The parameters of a model by name: views of a flat buffer, whose gradients are views of another. Several may share the first,
/// each with gradients of its own, one a thread. Not thread-safe itself.
/// </summary>
public sealed class ParameterLeaves : IDisposable
{
    private const double LayerNormEpsilon = 1e-5;
    private readonly Dictionary<string, Tensor> _leaves = new(StringComparer.Ordinal);

    /// <param name="layout">What lies where.</param>
    /// <param name="values">float32 [layout.Length]; read in place.</param>
    /// <param name="gradients">float32 [layout.Length], added to by backward; null: nothing is differentiated.</param>
    public ParameterLeaves(ParameterLayout layout, Tensor values, Tensor? gradients)
    {
        TorchRuntime.Initialize();
        foreach (var slot in layout.Slots)
        {
            _leaves.Add(slot.Spec.Name, Leaf(slot, values, gradients));
        }
    }

    /// <summary>The parameter of that name.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public Tensor this[string name] => _leaves.TryGetValue(name, out var leaf) ? leaf : throw new KeyNotFoundException($"The model has no parameter \"{name}\".");

    /// <summary>x·Wᵀ + b with the parameters <c>name.weight</c> and <c>name.bias</c>.</summary>
    public Tensor Affine(Tensor x, string name) => linear(x, this[name + ".weight"], this[name + ".bias"]);

    /// <summary>LayerNorm over the last axis with <c>name.weight</c> and <c>name.bias</c>.</summary>
    public Tensor Normalize(Tensor x, string name) =>
        layer_norm(x, [x.size(-1)], this[name + ".weight"], this[name + ".bias"], LayerNormEpsilon);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var leaf in _leaves.Values)
        {
            leaf.Dispose();
        }
    }

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
