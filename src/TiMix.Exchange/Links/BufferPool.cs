using System.Numerics;
using TiMix.Exchange.Bundles;

namespace TiMix.Exchange.Links;

/// <summary>
/// Native receive buffers that are used again and again, last returned first because that one is still in the cache. The pool
/// never waits: who rents keeps to its quota (see <c>Peer</c>), for only it knows which frame must be let through.
/// </summary>
internal sealed class BufferPool(long limit) : IDisposable
{
    private const int Smallest = 4096;
    private readonly Lock _lock = new();
    private readonly Stack<NativeBlock>[] _free = [.. Enumerable.Range(0, 32).Select(_ => new Stack<NativeBlock>())];
    private long _idle;
    private bool _disposed;

    /// <summary>Bytes rented out now.</summary>
    public long InUse { get; private set; }

    /// <summary>The most that was ever rented out.</summary>
    public long Peak { get; private set; }

    /// <summary>The largest buffer ever made.</summary>
    public long Largest { get; private set; }

    /// <summary>Bytes that a frame of that length takes.</summary>
    public static int Capacity(int length) => (int)Math.Min(int.MaxValue, BitOperations.RoundUpToPowerOf2((uint)Math.Max(length, Smallest)));

    /// <summary>A buffer of at least that many bytes, with whatever was in it.</summary>
    public NativeBlock Rent(int length)
    {
        var capacity = Capacity(length);
        lock (_lock)
        {
            InUse += capacity;
            Peak = Math.Max(Peak, InUse);
            if (_free[BitOperations.Log2((uint)capacity)].TryPop(out var block))
            {
                _idle -= capacity;
                return block;
            }

            Largest = Math.Max(Largest, capacity);
        }

        return new NativeBlock(capacity, clear: false);
    }

    public void Return(NativeBlock block)
    {
        lock (_lock)
        {
            InUse -= block.Length;
            if (!_disposed && _idle + block.Length <= limit)
            {
                _idle += block.Length;
                _free[BitOperations.Log2((uint)block.Length)].Push(block);
                return;
            }
        }

        block.Dispose();
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            foreach (var blocks in _free)
            {
                while (blocks.TryPop(out var block))
                {
                    block.Dispose();
                }
            }
        }
    }
}
