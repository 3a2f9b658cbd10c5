using Microsoft.Win32.SafeHandles;

namespace TiMix.Data.Shards;

/// <summary>
/// Opens shards as they are read and keeps the last few open: however many there are, a process needs no more than
/// <see cref="Kept"/> files for them, and one for each thread that reads. Thread-safe.
/// </summary>
internal sealed class ShardHandles : IDisposable
{
    /// <summary>Open files that nobody reads from at the moment, at most.</summary>
    public const int Kept = 32;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, LinkedListNode<Lease>> _open = new(StringComparer.Ordinal);
    private readonly LinkedList<Lease> _byUse = [];
    private bool _closed;

    /// <summary>An open shard; given back by disposing it.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public Lease Rent(string path)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            if (!_open.TryGetValue(path, out var node))
            {
                node = new LinkedListNode<Lease>(new Lease(this, path, Open(path)));
                _open.Add(path, node);
            }
            else
            {
                _byUse.Remove(node);
            }

            _byUse.AddFirst(node);
            node.Value.Readers++;
            return node.Value;
        }
    }

    /// <summary>Opens a shard for reading here and there.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static SafeFileHandle Open(string path) =>
        File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.RandomAccess);

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _closed = true;
            Trim(0);
        }
    }

    private void Return(Lease lease)
    {
        lock (_gate)
        {
            lease.Readers--;
            Trim(_closed ? 0 : Kept);
        }
    }

    private void Trim(int kept)
    {
        for (var node = _byUse.Last; node is not null && _byUse.Count > kept;)
        {
            var before = node.Previous;
            if (node.Value.Readers == 0)
            {
                _byUse.Remove(node);
                _open.Remove(node.Value.Path);
                node.Value.File.Dispose();
            }

            node = before;
        }
    }

    /// <summary>An open shard that somebody reads from.</summary>
    internal sealed class Lease(ShardHandles owner, string path, SafeFileHandle file) : IDisposable
    {
        /// <summary>Full path.</summary>
        public string Path => path;

        /// <summary>The open file.</summary>
        public SafeFileHandle File => file;

        /// <summary>Who reads from it; of the owner, under its lock.</summary>
        internal int Readers { get; set; }

        /// <inheritdoc/>
        public void Dispose() => owner.Return(this);
    }
}
