using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace TiMix.Learning.Runtime;

/// <summary>Tensors to arrays, wherever they live.</summary>
public static class HostFloats
{
    /// <summary>
    /// A tensor with a copy of the values, in memory that the native library has aligned itself. <c>torch.tensor</c> would lend
    /// it the managed array, whose alignment changes from run to run, and with it the last bits of matrix products.
    /// </summary>
    /// <param name="values">Row-major.</param>
    /// <param name="shape">Of the tensor.</param>
    /// <param name="device">Where it is to live.</param>
    public static Tensor ToTensor(ReadOnlySpan<float> values, long[] shape, Device device)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var host = empty(shape, dtype: ScalarType.Float32);
        values.CopyTo(MemoryMarshal.Cast<byte, float>(host.bytes));
        return host.to(device).MoveToOuterDisposeScope();
    }

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
