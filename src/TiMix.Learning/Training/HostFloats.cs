using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace TiMix.Learning;

/// <summary>Tensors to arrays, wherever they live.</summary>
public static class HostFloats
{
    /// <summary>A copy of the values in row-major order.</summary>
    /// <param name="values">float32, any shape, any device.</param>
    public static float[] Of(Tensor values)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var host = values.detach().cpu().contiguous();
        return MemoryMarshal.Cast<byte, float>(host.bytes).ToArray();
    }
}
