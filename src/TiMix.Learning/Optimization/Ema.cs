using System.Runtime.Intrinsics;
using TorchSharp;
using static TorchSharp.torch;

namespace TiMix.Learning;

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

        var to = average.Floats;
        var from = student.Floats;
        var i = 0;
        for (; i + Vector512<float>.Count <= to.Length; i += Vector512<float>.Count)
        {
            ((Vector512.Create<float>(to[i..]) * keep) + (Vector512.Create<float>(from[i..]) * take)).CopyTo(to[i..]);
        }

        for (; i < to.Length; i++)
        {
            to[i] = (to[i] * keep) + (from[i] * take);
        }
    }
}
