using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using TiMix.Learning.Model;
using TorchSharp;
using static TorchSharp.torch;

namespace TiMix.Learning.Optimization;

/// <summary>Exponential moving average of parameters.</summary>
public static class Ema
{
    /// <summary>average ← decay·average + (1 - decay)·student.</summary>
    public static void Update(ParameterBuffer average, ParameterBuffer student, double decay)
    {
        var (keep, take) = ((float)decay, (float)(1 - decay));
        if (!average.OnHost)
        {
            using var scope = NewDisposeScope();
            using var noGrad = no_grad();
            average.Values.mul_(keep).add_(student.Values, alpha: take);
            return;
        }

        var to = MemoryMarshal.Cast<float, Vector512<float>>(average.Floats);
        var from = MemoryMarshal.Cast<float, Vector512<float>>(student.Floats)[..to.Length];
        for (var i = 0; i < to.Length; i++)
        {
            to[i] = (to[i] * keep) + (from[i] * take);
        }
    }
}
