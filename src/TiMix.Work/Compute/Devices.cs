using System.Globalization;
using TiMix.Base;
using TiMix.Learning.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace TiMix.Work.Compute;

/// <summary>Devices by name, and what computes there.</summary>
public static class Devices
{
    /// <summary>cpu, cuda or cuda:N as a device; <c>auto</c> is CUDA where there is one.</summary>
    /// <exception cref="RunError">There is no such device here.</exception>
    public static Device Parse(string name)
    {
        if (name == "auto")
        {
            return TorchRuntime.DefaultDevice();
        }

        if (name == "cpu")
        {
            return CPU;
        }

        var index = name == "cuda" ? 0 : name.StartsWith("cuda:", StringComparison.Ordinal) && int.TryParse(
            name["cuda:".Length..], NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : -1;
        if (index < 0)
        {
            throw new RunError($"--device is \"{name}\"; it can be cpu, cuda or cuda:N.");
        }

        return cuda.is_available() && index < cuda.device_count()
            ? device(DeviceType.CUDA, index)
            : throw new RunError($"--device is \"{name}\", but "
                + $"{(cuda.is_available() ? $"there are {cuda.device_count()} CUDA devices" : "no CUDA device is usable here")}; see README, \"On a GPU\".");
    }

    /// <summary>
    /// What computes there. Trainers whose descriptions differ would round differently and must not work in one view; the number
    /// of threads is not in it, for it does not reach the result.
    /// </summary>
    public static string Describe(string name) =>
        $"{TorchRuntime.Describe(Parse(name).type == DeviceType.CUDA)}, {System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture}, AVX-512 "
        + $"{System.Runtime.Intrinsics.X86.Avx512F.IsSupported}";
}
