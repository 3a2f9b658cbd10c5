using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace TiMix.Exchange.Bundles;

/// <summary>One array of a bundle.</summary>
/// <param name="Name">Unique within the bundle.</param>
/// <param name="Offset">First byte within the block; a multiple of 64.</param>
/// <param name="Length">Bytes.</param>
public sealed record BundleEntry(string Name, int Offset, int Length);

/// <summary>Named arrays in one block of bytes: what travels beside a message, never in it.</summary>
public sealed class Bundle : IDisposable
{
    private const int Alignment = 64;
    private readonly NativeBlock _block;
    private readonly Dictionary<string, BundleEntry> _entries;

    private Bundle(NativeBlock block, Dictionary<string, BundleEntry> entries) => (_block, _entries) = (block, entries);

    /// <summary>Bytes of the whole block.</summary>
    public int Length => _block.Length;

    /// <summary>XXH3 of the whole block; what a <see cref="BundleReference"/> carries.</summary>
    public ulong Hash() => XxHash3.HashToUInt64(_block.Span);

    /// <summary>The array of that name as <typeparamref name="T"/>.</summary>
    /// <exception cref="KeyNotFoundException">There is none of that name.</exception>
    public ReadOnlySpan<T> Get<T>(string name)
        where T : unmanaged
    {
        if (!_entries.TryGetValue(name, out var entry))
        {
            throw new KeyNotFoundException($"The bundle has no \"{name}\"; it has {string.Join(", ", _entries.Keys)}.");
        }

        return MemoryMarshal.Cast<byte, T>(_block.Span.Slice(entry.Offset, entry.Length));
    }

    /// <inheritdoc/>
    public void Dispose() => _block.Dispose();

    /// <summary>Collects arrays, then copies each once into the block.</summary>
    public sealed class Builder
    {
        private readonly List<(BundleEntry Entry, Action<Span<byte>> Write)> _parts = [];
        private int _length;

        /// <summary>Adds an array; it must not change until <see cref="Build"/>.</summary>
        /// <exception cref="ArgumentException">The name is taken.</exception>
        public Builder Add<T>(string name, T[] values)
            where T : unmanaged
        {
            if (_parts.Exists(part => part.Entry.Name == name))
            {
                throw new ArgumentException($"The bundle already has \"{name}\".", nameof(name));
            }

            var entry = new BundleEntry(name, _length, checked(values.Length * Marshal.SizeOf<T>()));
            _parts.Add((entry, destination => MemoryMarshal.AsBytes(values.AsSpan()).CopyTo(destination)));
            _length = checked(_length + ((entry.Length + Alignment - 1) / Alignment * Alignment));
            return this;
        }

        /// <summary>The bundle; the caller owns it.</summary>
        public Bundle Build()
        {
            var block = new NativeBlock(_length);
            foreach (var (entry, write) in _parts)
            {
                write(block.Span.Slice(entry.Offset, entry.Length));
            }

            return new Bundle(block, _parts.ToDictionary(part => part.Entry.Name, part => part.Entry, StringComparer.Ordinal));
        }
    }
}
