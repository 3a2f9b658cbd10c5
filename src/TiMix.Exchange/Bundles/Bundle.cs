using System.IO.Hashing;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace TiMix.Exchange.Bundles;

/// <summary>
/// Named arrays in one block of bytes: what travels beside a message, never in it. The block describes itself, so it can cross a socket as it is.
/// </summary>
public sealed class Bundle : IDisposable
{
    private readonly NativeBlock _block;
    private readonly Dictionary<string, BundleEntry> _entries;

    private Bundle(NativeBlock block, IEnumerable<BundleEntry> entries) =>
        (_block, _entries) = (block, entries.ToDictionary(entry => entry.Name, StringComparer.Ordinal));

    /// <summary>Bytes of the whole block, directory included.</summary>
    public int Length => _block.Length;

    /// <summary>The arrays, in the order in which they were added.</summary>
    public IReadOnlyCollection<BundleEntry> Entries => _entries.Values;

    /// <summary>The whole block. Not to be used after <see cref="Dispose"/>.</summary>
    public ReadOnlySpan<byte> Bytes => _block.Span;

    internal NativeBlock Block => _block;

    /// <summary>A bundle of bytes that came from elsewhere; the directory is checked, the arrays' contents are not.</summary>
    /// <param name="block">From now on the bundle's; still the caller's when this throws.</param>
    /// <exception cref="InvalidDataException">The block is not a bundle; the message says what is wrong.</exception>
    public static Bundle FromBlock(NativeBlock block) => new(block, BundleDirectory.Read(block.Span));

    /// <summary>XXH3 of the whole block; what a <see cref="BundleReference"/> carries.</summary>
    public ulong Hash() => XxHash3.HashToUInt64(_block.Span);

    /// <summary>A bundle with the same bytes in memory of its own; the caller disposes it.</summary>
    public Bundle Copy()
    {
        var block = new NativeBlock(_block.Length, clear: false);
        _block.Span.CopyTo(block.Span);
        return new Bundle(block, _entries.Values);
    }

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
        private readonly List<(string Name, int Length, Action<Span<byte>> Write)> _parts = [];

        /// <summary>Adds an array; it must not change until <see cref="Build"/>.</summary>
        /// <exception cref="ArgumentException">The name is taken.</exception>
        public Builder Add<T>(string name, T[] values)
            where T : unmanaged =>
            Add(name, checked(values.Length * Unsafe.SizeOf<T>()), destination => MemoryMarshal.AsBytes(values.AsSpan()).CopyTo(destination));

        /// <summary>Adds an array that is written straight into the block, whatever memory it comes from.</summary>
        /// <param name="name">Unique within the bundle.</param>
        /// <param name="length">Bytes.</param>
        /// <param name="write">Called once by <see cref="Build"/> with <paramref name="length"/> zeroed bytes.</param>
        /// <exception cref="ArgumentException">The name is taken.</exception>
        public Builder Add(string name, int length, Action<Span<byte>> write)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(length);
            if (_parts.Exists(part => part.Name == name))
            {
                throw new ArgumentException($"The bundle already has \"{name}\".", nameof(name));
            }

            _parts.Add((name, length, write));
            return this;
        }

        /// <summary>The bundle; the caller owns it.</summary>
        public Bundle Build()
        {
            var at = BundleDirectory.Align(BundleDirectory.Measure(_parts.Select(part => part.Name)));
            var entries = new List<BundleEntry>(_parts.Count);
            foreach (var (name, length, _) in _parts)
            {
                entries.Add(new BundleEntry(name, at, length));
                at = BundleDirectory.Align(checked(at + length));
            }

            // Zeroed, for the gaps between arrays are part of the hash.
            var block = new NativeBlock(at);
            BundleDirectory.Write(block.Span, entries);
            for (var i = 0; i < entries.Count; i++)
            {
                _parts[i].Write(block.Span.Slice(entries[i].Offset, entries[i].Length));
            }

            return new Bundle(block, entries);
        }
    }
}
