using TorchSharp;
using static TorchSharp.torch;

namespace TiMix.Learning.Model;

/// <summary>
/// What the cross-attention of every block looks at: keys and values, computed once and used by as many texts as there are.
/// </summary>
public sealed class CrossMemory
{
    private readonly Tensor? _mask;

    internal CrossMemory(IReadOnlyList<(Tensor Keys, Tensor Values)> layers, Tensor? mask) => (Layers, _mask) = (layers, mask);

    /// <summary>[b, H, M, w] each.</summary>
    internal IReadOnlyList<(Tensor Keys, Tensor Values)> Layers { get; }

    /// <summary>[b, 1, 1, M], or null.</summary>
    internal Tensor? Mask => _mask?.view(_mask.size(0), 1, 1, _mask.size(1));

    /// <summary>The memories of some rows, in that order and as often as they are named.</summary>
    /// <param name="rows">int64 [r].</param>
    public CrossMemory Select(Tensor rows) =>
        new([.. Layers.Select(layer => (layer.Keys.index_select(0, rows), layer.Values.index_select(0, rows)))], _mask?.index_select(0, rows));
}
