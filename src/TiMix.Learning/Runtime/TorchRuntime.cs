using System.Runtime.InteropServices;
using TorchSharp;

namespace TiMix.Learning.Runtime;

/// <summary>Process-wide settings of the native library that TorchSharp has no setter for.</summary>
public static unsafe partial class TorchRuntime
{
    private const string GlobalContext = "_ZN2at13globalContextEv";
    private const string SetPrecision = "_ZN2at7Context25setFloat32MatmulPrecisionERKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE";
    private const int Niceness = 10;
    private static readonly Lazy<string> MatmulPrecision = new(SelectMatmulPrecision);

    /// <summary>Loads the native library and chooses the fast float32 kernels, once; later calls do nothing.</summary>
    public static void Initialize() => _ = MatmulPrecision.Value;

    /// <summary>
    /// Prepares the calling thread for compute: one native thread, so that its results do not depend on the machine's cores,
    /// and a lower priority, so that sockets and heartbeats come first.
    /// </summary>
    public static void EnterComputeThread()
    {
        Initialize();
        torch.set_num_threads(1);
        if (OperatingSystem.IsLinux())
        {
            // Refusal is harmless: the thread then computes at normal priority.
            _ = setpriority(0, gettid(), Niceness);
        }
    }

    /// <summary>One line for the log: what computes, and how.</summary>
    public static string Describe() => Describe(torch.cuda.is_available());

    /// <summary>The same for a device of one kind.</summary>
    public static string Describe(bool cuda) => $"libtorch {torch.__version__}, float32 matmul precision {MatmulPrecision.Value}, {(cuda ? "CUDA" : "CPU")}";

    /// <summary>CUDA when the native library was built with it and sees a device; the CPU otherwise.</summary>
    public static torch.Device DefaultDevice() => torch.cuda.is_available() ? torch.CUDA : torch.CPU;

    /// <summary>
    /// "medium" lets oneDNN take its AVX-512 path, twice as fast as the default on AMD. It also allows bfloat16, which
    /// processors with AMX would use: where a product shows that, the default comes back. The symbols belong to the pinned
    /// version of the library; where they are missing the default stays.
    /// </summary>
    private static string SelectMatmulPrecision()
    {
        NativeHeap.Configure();
        torch.InitializeDeviceType(DeviceType.CPU);
        if (!OperatingSystem.IsLinux() || !NativeLibrary.TryLoad("libtorch_cpu.so", out var library)
            || !NativeLibrary.TryGetExport(library, GlobalContext, out var context)
            || !NativeLibrary.TryGetExport(library, SetPrecision, out var set))
        {
            return "highest (medium is not available here)";
        }

        var global = ((delegate* unmanaged<nint>)context)();
        Set("medium"u8);
        if (MultipliesInFloat32())
        {
            return "medium";
        }

        Set("highest"u8);
        return "highest (medium would round to bfloat16 here)";

        // A std::string of the C++11 ABI that holds its characters inside: pointer to them, length, 16 bytes.
        void Set(ReadOnlySpan<byte> characters)
        {
            var text = stackalloc byte[32];
            new Span<byte>(text, 32).Clear();
            characters.CopyTo(new Span<byte>(text + 16, 15));
            *(byte**)text = text + 16;
            *(ulong*)(text + 8) = (ulong)characters.Length;
            ((delegate* unmanaged<nint, byte*, void>)set)(global, text);
        }
    }

    /// <summary>1 + 2^-12 needs 13 bits: bfloat16 would round it to 1, and 256 products of it by itself to 256 and not 256.125.</summary>
    private static bool MultipliesInFloat32()
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        var a = torch.full([256, 256], 1 + Math.Pow(2, -12), dtype: torch.ScalarType.Float32, device: torch.CPU);
        return Math.Abs(a.mm(a)[0, 0].item<float>() - 256.125) < 0.001;
    }

    [LibraryImport("libc")]
    private static partial int gettid();

    [LibraryImport("libc")]
    private static partial int setpriority(int which, int who, int priority);
}
