using System.Runtime.InteropServices;

namespace TiMix.Learning.Runtime;

/// <summary>
/// How glibc's allocator, which tensors and bundles come from, keeps memory. Left alone it gives freed tensors back to the kernel and
/// faults their pages in again for the next ones, in every step: a tenth of the time of a small model. Kept, they are bounded by the
/// largest step in every arena; and arenas, of which it makes up to eight a core for threads that come and go, by
/// <see cref="Arenas"/>. With another libc there is nothing to set.
/// </summary>
public static unsafe class NativeHeap
{
    private const int Arenas = 4;
    private const int TrimThreshold = -1, TopPad = -2, MmapThreshold = -3, ArenaMax = -8;

    /// <summary>To be called first of all: arenas that are already there stay.</summary>
    public static void Configure()
    {
        if (OperatingSystem.IsLinux() && NativeLibrary.TryLoad("libc.so.6", out var library) && NativeLibrary.TryGetExport(library, "mallopt", out var export))
        {
            var set = (delegate* unmanaged<int, int, int>)export;
            _ = set(ArenaMax, Arenas);
            _ = set(MmapThreshold, 32 << 20); // the largest that glibc takes
            _ = set(TrimThreshold, 1 << 30);
            _ = set(TopPad, 64 << 20);
        }
    }
}
