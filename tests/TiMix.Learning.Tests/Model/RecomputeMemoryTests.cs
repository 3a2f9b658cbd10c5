using System.Runtime.InteropServices;
using TiMix.Learning.Model;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace TiMix.Learning.Tests.Model;

/// <summary>Alone in the process, because the process's memory is what it measures.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;

[Collection(nameof(Alone))]
public sealed class RecomputeMemoryTests
{
    [Fact]
    public void Blocks_that_are_computed_again_are_not_kept_in_memory()
    {
        Kept(recompute: true);
        var (again, kept) = (Kept(recompute: true), Kept(recompute: false));
        Assert.InRange(kept, 100 << 20, 4L << 30);
        Assert.InRange(again, 0, kept / 3);
    }

    /// <summary>As glibc counts what its allocator has given out.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct AllocatorInfo
    {
        public nuint Arena, FreeBlocks, SmallFreeBlocks, MappedBlocks, MappedBytes, Unused, SmallFreeBytes, UsedBytes, FreeBytes, Top;
    }

    [DllImport("libc", EntryPoint = "mallinfo2")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern AllocatorInfo Allocator();

    private static long InUse() => (long)(Allocator().UsedBytes + Allocator().MappedBytes);

    /// <summary>Bytes that a forward pass leaves for its backward pass.</summary>
    private static long Kept(bool recompute)
    {
        var config = new ModelConfig
        {
            ImageSize = 64, PatchSize = 8, VisionWidth = 128, VisionLayers = 12, VisionHeads = 4,
            TextWidth = 16, TextLayers = 1, TextHeads = 2, ContextLength = 4, VocabularySize = 9, EmbedDim = 8, Recompute = recompute,
        };
        var layout = DualEncoder.LayoutOf(config);
        using var values = new ParameterBuffer(layout, CPU);
        values.InitializeFrom(1);
        using var gradients = new ParameterBuffer(layout, CPU);
        using var encoder = new DualEncoder(config, layout, values.Values, gradients.Values);
        using var scope = NewDisposeScope();
        var pixels = zeros(32, 3, 64, 64);
        var before = InUse();
        var feature = encoder.EncodeImages(pixels, false).Feature;
        var after = InUse();
        feature.sum().backward();
        return after - before;
    }
}
