using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using TiMix.Learning.Model;
using TorchSharp;
using static TorchSharp.torch;

namespace TiMix.Learning.Optimization;

/// <summary>Constants of <see cref="AdamW"/>.</summary>
public sealed record AdamWOptions
{
    /// <summary>Decay of the first moment.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the second moment.</summary>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>Added to the root of the second moment.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Decoupled decay of the layout's decayed range.</summary>
    public double WeightDecay { get; init; } = 0.02;
}

/// <summary>
/// AdamW (Loshchilov and Hutter, 2019) with clipping by global norm over flat buffers: in host memory one pass of vector
/// operations, on other devices a handful of tensor operations. The same input gives the same bits.
/// </summary>
public sealed class AdamW : IDisposable
{
    /// <summary>Largest temperature.</summary>
    public const double MaxTemperature = 0.5;

    /// <summary>Smallest temperature.</summary>
    public const double MinTemperature = 0.001;

    private readonly ParameterLayout _layout;
    private readonly AdamWOptions _options;
    private readonly RateRange[] _ranges;

    /// <param name="layout">Of all buffers.</param>
    /// <param name="options">Constants.</param>
    /// <param name="device">Where the moments live; null: the CPU.</param>
    /// <param name="pretrained">Names of the parameters that have the second learning rate; null: none.</param>
    public AdamW(ParameterLayout layout, AdamWOptions options, Device? device = null, IReadOnlySet<string>? pretrained = null)
    {
        _layout = layout;
        _options = options;
        _ranges = RateRange.Of(layout, pretrained);
        First = new ParameterBuffer(layout, device ?? CPU);
        Second = new ParameterBuffer(layout, device ?? CPU);
    }

    /// <summary>First moments.</summary>
    public ParameterBuffer First { get; }

    /// <summary>Second moments.</summary>
    public ParameterBuffer Second { get; }

    /// <summary>One step; afterwards τ is within [<see cref="MinTemperature"/>, <see cref="MaxTemperature"/>].</summary>
    /// <param name="parameters">Changed.</param>
    /// <param name="gradients">Read.</param>
    /// <param name="learningRate">Of this step.</param>
    /// <param name="step">Counted from 1.</param>
    /// <param name="clipNorm">Largest gradient norm; 0: no clipping.</param>
    /// <param name="pretrainedRate">Of this step, for the pre-trained parameters; null: the same.</param>
    /// <returns>The norm before clipping. If it is not finite, nothing was changed.</returns>
    public double Step(ParameterBuffer parameters, ParameterBuffer gradients, double learningRate, long step, double clipNorm, double? pretrainedRate = null)
        => parameters.OnHost
            ? Step(
                gradients, step, clipNorm,
                (clip, corrections) => StepOnHost(parameters, gradients, learningRate, pretrainedRate ?? learningRate, clip, corrections))
            : StepByTensors(parameters, gradients, learningRate, step, clipNorm, pretrainedRate);

    /// <summary><see cref="Step(ParameterBuffer, ParameterBuffer, double, long, double, double?)"/> by tensor operations, wherever the buffers live.</summary>
    internal double StepByTensors(
        ParameterBuffer parameters, ParameterBuffer gradients, double learningRate, long step, double clipNorm, double? pretrainedRate = null)
        => Step(
            gradients, step, clipNorm,
            (clip, corrections) => StepOnDevice(parameters.Values, gradients.Values, learningRate, pretrainedRate ?? learningRate, clip, corrections));

    /// <summary>Takes over moments from a snapshot.</summary>
    public void Restore(ReadOnlySpan<float> first, ReadOnlySpan<float> second)
    {
        First.CopyFrom(first);
        Second.CopyFrom(second);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        First.Dispose();
        Second.Dispose();
    }

    /// <summary>Root of the sum of squares, summed in double precision over 16 fixed lanes.</summary>
    internal static double Norm(ParameterBuffer gradients)
    {
        if (!gradients.OnHost)
        {
            using var scope = NewDisposeScope();
            using var noGrad = no_grad();
            return gradients.Values.to(ScalarType.Float64).square().sum().sqrt().item<double>();
        }

        var (low, high) = (Vector512<double>.Zero, Vector512<double>.Zero);
        foreach (ref readonly var sixteen in MemoryMarshal.Cast<float, Vector512<float>>(gradients.Floats))
        {
            var (a, b) = Vector512.Widen(sixteen);
            low += a * a;
            high += b * b;
        }

        var sum = 0.0;
        for (var lane = 0; lane < Vector512<double>.Count; lane++)
        {
            sum += low[lane] + high[lane];
        }

        return Math.Sqrt(sum);
    }

    private double Step(ParameterBuffer gradients, long step, double clipNorm, Action<double, (double First, double Second)> apply)
    {
        var norm = Norm(gradients);
        if (double.IsFinite(norm))
        {
            apply(clipNorm > 0 && norm > clipNorm ? clipNorm / norm : 1, (1 - Math.Pow(_options.Beta1, step), 1 - Math.Pow(_options.Beta2, step)));
        }

        return norm;
    }

    private void StepOnHost(
        ParameterBuffer parameters, ParameterBuffer gradients, double learningRate, double pretrainedRate, double clip,
        (double First, double Second) corrections)
    {
        var p = parameters.Floats;
        var g = gradients.Floats;
        var m = First.Floats;
        var v = Second.Floats;
        foreach (var range in _ranges)
        {
            var (start, length) = ((int)range.Start, (int)range.Length);
            Pass(
                p.Slice(start, length), g.Slice(start, length), m.Slice(start, length), v.Slice(start, length),
                range.Pretrained ? pretrainedRate : learningRate, clip, corrections, range.Decay ? _options.WeightDecay : 0);
        }

        ref var scale = ref p[(int)_layout[DualEncoder.LogitScaleName].Offset];
        scale = Math.Clamp(scale, (float)-Math.Log(MaxTemperature), (float)-Math.Log(MinTemperature));
    }

    /// <summary>One pass over parameters of the same rate and decay; the layout's alignment leaves no rest after the last vector.</summary>
    private void Pass(
        Span<float> values, ReadOnlySpan<float> gradients, Span<float> first, Span<float> second,
        double learningRate, double clip, (double First, double Second) corrections, double weightDecay)
    {
        var (beta1, beta2) = ((float)_options.Beta1, (float)_options.Beta2);
        var (other1, other2) = ((float)(1 - _options.Beta1), (float)(1 - _options.Beta2));
        var factor = (float)clip;
        var keep = (float)(1 - (learningRate * weightDecay));
        var rate = (float)(learningRate / corrections.First);
        var unbias = (float)(1 / Math.Sqrt(corrections.Second));
        var epsilon = Vector512.Create((float)_options.Epsilon);
        var p = MemoryMarshal.Cast<float, Vector512<float>>(values);
        var g = MemoryMarshal.Cast<float, Vector512<float>>(gradients)[..p.Length];
        var m = MemoryMarshal.Cast<float, Vector512<float>>(first)[..p.Length];
        var v = MemoryMarshal.Cast<float, Vector512<float>>(second)[..p.Length];
        for (var i = 0; i < p.Length; i++)
        {
            var gradient = g[i] * factor;
            m[i] = (m[i] * beta1) + (gradient * other1);
            v[i] = (v[i] * beta2) + (gradient * gradient * other2);
            p[i] = (p[i] * keep) - (m[i] * rate / ((Vector512.Sqrt(v[i]) * unbias) + epsilon));
        }
    }

    private void StepOnDevice(Tensor p, Tensor gradients, double learningRate, double pretrainedRate, double clip, (double First, double Second) corrections)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var g = gradients * clip;
        var (m, v) = (First.Values, Second.Values);
        m.mul_(_options.Beta1).add_(g, alpha: 1 - _options.Beta1);
        v.mul_(_options.Beta2).add_(g * g, alpha: 1 - _options.Beta2);
        foreach (var range in _ranges)
        {
            var rate = range.Pretrained ? pretrainedRate : learningRate;
            Tensor Part(Tensor flat) => flat.narrow(0, range.Start, range.Length);
            if (range.Decay)
            {
                Part(p).mul_(1 - (rate * _options.WeightDecay));
            }

            Part(p).sub_(Part(m) / ((Part(v) / corrections.Second).sqrt() + _options.Epsilon) * (rate / corrections.First));
        }

        p.narrow(0, _layout[DualEncoder.LogitScaleName].Offset, 1).clamp_(-Math.Log(MaxTemperature), -Math.Log(MinTemperature));
    }
}
