using static TorchSharp.torch;

namespace TiMix.Learning.Model;

/// <summary>What stands between the two layers of an MLP.</summary>
internal static class Activations
{
    /// <summary>By name: <c>gelu</c> (exact) or <c>quick_gelu</c> (x·σ(1.702x)).</summary>
    public static Func<Tensor, Tensor> Of(string name) => name switch
    {
        "gelu" => x => nn.functional.gelu(x),
        "quick_gelu" => x => x * (x * 1.702).sigmoid(),
        _ => throw new ArgumentException($"There is no activation \"{name}\".", nameof(name)),
    };
}
