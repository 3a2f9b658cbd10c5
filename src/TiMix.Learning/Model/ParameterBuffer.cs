using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using TiMix.Base;
using TiMix.Learning.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace TiMix.Learning.Model;

/// <summary>One flat float32 buffer: parameters, gradients, or an average of parameters.</summary>
public sealed class ParameterBuffer : IDisposable
{
    /// <param name="layout">What lies where.</param>
    /// <param name="device">Where the buffer lives.</param>
    public ParameterBuffer(ParameterLayout layout, Device device)
    {
        Layout = layout;
        using var noGrad = no_grad();
        Values = zeros(layout.Length, dtype: ScalarType.Float32, device: device).DetachFromDisposeScope();
    }

    /// <summary>What lies where.</summary>
    public ParameterLayout Layout { get; }

    /// <summary>float32 [Layout.Length].</summary>
    public Tensor Values { get; }

    /// <summary>Whether the floats can be seen without a copy.</summary>
    public bool OnHost => Values.device_type == DeviceType.CPU;

    /// <summary>The buffer's own floats.</summary>
    /// <exception cref="InvalidOperationException">The buffer is on another device.</exception>
    public Span<float> Floats =>
        OnHost ? MemoryMarshal.Cast<byte, float>(Values.bytes) : throw new InvalidOperationException("The buffer is not in host memory.");

    /// <summary>Current value of the logit scale, -ln τ.</summary>
    public float LogitScale
    {
        get
        {
            var offset = Layout[DualEncoder.LogitScaleName].Offset;
            if (OnHost)
            {
                return Floats[(int)offset];
            }

            using var scope = NewDisposeScope();
            return Values[offset].item<float>();
        }
    }

    /// <summary>Draws every parameter from a seed of its own, so that neither order nor layout matters.</summary>
    public void InitializeFrom(ulong seed)
    {
        var values = new float[Layout.Length];
        foreach (var slot in Layout.Slots)
        {
            var random = new SeededRandom(Seeds.Mix(seed, BitConverter.ToUInt64(SHA256.HashData(Encoding.UTF8.GetBytes(slot.Spec.Name)))));
            var (mean, deviation) = slot.Spec.Initial;
            foreach (ref var value in values.AsSpan((int)slot.Offset, (int)slot.Spec.Length))
            {
                value = (float)(deviation == 0 ? mean : mean + (deviation * random.NextGaussian()));
            }
        }

        CopyFrom(values);
    }

    /// <summary>Takes over the values of a buffer of the same layout.</summary>
    public void CopyFrom(ParameterBuffer other)
    {
        using var noGrad = no_grad();
        Values.copy_(other.Values);
    }

    /// <summary>Takes over host values.</summary>
    /// <exception cref="ArgumentException">Wrong length.</exception>
    public void CopyFrom(ReadOnlySpan<float> values)
    {
        if (values.Length != Layout.Length)
        {
            throw new ArgumentException($"Expected {Layout.Length} floats, got {values.Length}.", nameof(values));
        }

        if (OnHost)
        {
            values.CopyTo(Floats);
            return;
        }

        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        Values.copy_(HostFloats.ToTensor(values, [values.Length], CPU));
    }

    /// <summary>The floats in host memory: the buffer's own on the CPU, a copy elsewhere.</summary>
    public ReadOnlySpan<float> Host() => OnHost ? Floats : ToArray();

    /// <summary>A copy of the floats.</summary>
    public float[] ToArray() => HostFloats.Of(Values);

    /// <summary>SHA-256 over the bytes, in lower-case hexadecimal digits.</summary>
    public string Fingerprint() => Fingerprint(Host());

    /// <summary>SHA-256 over the bytes of parameters, in lower-case hexadecimal digits.</summary>
    public static string Fingerprint(ReadOnlySpan<float> values) => Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(values)));

    /// <inheritdoc/>
    public void Dispose() => Values.Dispose();
}
