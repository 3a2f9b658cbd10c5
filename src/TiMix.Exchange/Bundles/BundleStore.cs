namespace TiMix.Exchange.Bundles;

/// <summary>
/// Holds bundles between the actor that made them and the one that takes them. Within a process a bundle changes hands without a copy.
/// Every bundle has an owner; what an owner left behind when it died goes with <see cref="ReleaseOwner"/>. What nobody ever takes
/// goes when the store is full, oldest first.
/// </summary>
/// <param name="endpoint">The store's name in references.</param>
/// <param name="capacity">Bytes held at most; a single larger bundle is held alone.</param>
public sealed class BundleStore(string endpoint, long capacity) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<long, Held> _bundles = [];
    private long _next;
    private long _bytes;
    private long _evicted;

    /// <summary>A store without a bound.</summary>
    public BundleStore(string endpoint)
        : this(endpoint, long.MaxValue)
    {
    }

    /// <summary>The store's name in references.</summary>
    public string Endpoint { get; } = endpoint;

    /// <summary>Bundles held.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _bundles.Count;
            }
        }
    }

    /// <summary>Bytes held.</summary>
    public long Bytes
    {
        get
        {
            lock (_lock)
            {
                return _bytes;
            }
        }
    }

    /// <summary>Bundles that went because the store was full.</summary>
    public long Evicted => Interlocked.Read(ref _evicted);

    /// <summary>Takes the bundle over and gives a claim check for it.</summary>
    /// <param name="bundle">From now on the store's.</param>
    /// <param name="owner">Whose it is until somebody takes it.</param>
    public BundleReference Put(Bundle bundle, string owner)
    {
        var hash = bundle.Hash();
        lock (_lock)
        {
            while (_bundles.Count > 0 && _bytes > capacity - bundle.Length)
            {
                Drop(_bundles.First().Value);
                _evicted++;
            }

            var id = ++_next;
            _bundles.Add(id, new Held(id, bundle, owner));
            _bytes += bundle.Length;
            return new BundleReference(Endpoint, id, bundle.Length, hash);
        }
    }

    /// <summary>Hands the bundle over; the caller disposes it. Null when it was taken, released or evicted before.</summary>
    /// <exception cref="InvalidDataException">The reference is of another store, or its length is not the bundle's.</exception>
    public Bundle? Take(BundleReference reference)
    {
        ThrowIfElsewhere(reference);
        lock (_lock)
        {
            if (Find(reference) is not { } held)
            {
                return null;
            }

            // Somebody far away is being sent these bytes: they stay until that is over, and the taker gets its own.
            var bundle = held.Borrowers > 0 ? held.Bundle.Copy() : held.Bundle;
            Remove(held);
            return bundle;
        }
    }

    /// <summary>A copy of the bundle, which stays where it is; the caller disposes it. Null when it was taken, released or evicted before.</summary>
    /// <exception cref="InvalidDataException">The reference is of another store, or its length is not the bundle's.</exception>
    public Bundle? Read(BundleReference reference)
    {
        ThrowIfElsewhere(reference);
        using var borrowed = Borrow(reference);
        return borrowed?.Bundle.Copy();
    }

    /// <summary>Reads a bundle and leaves it where it is. Null when it was taken or released before.</summary>
    /// <param name="reference">Which.</param>
    /// <param name="read">Copies out what is wanted; must be quick, for the store waits.</param>
    public T? Read<T>(BundleReference reference, Func<Bundle, T> read)
        where T : class
    {
        lock (_lock)
        {
            return _bundles.TryGetValue(reference.Id, out var held) && reference.Endpoint == Endpoint ? read(held.Bundle) : null;
        }
    }

    /// <summary>Takes and throws away; nothing happens if it is gone already.</summary>
    public void Release(BundleReference reference)
    {
        ThrowIfElsewhere(reference);
        lock (_lock)
        {
            if (Find(reference) is { } held)
            {
                Drop(held);
            }
        }
    }

    /// <summary>Throws away all that the owner has put and nobody has taken.</summary>
    public void ReleaseOwner(string owner)
    {
        lock (_lock)
        {
            foreach (var held in _bundles.Values.Where(held => held.Owner == owner).ToList())
            {
                Drop(held);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            foreach (var held in _bundles.Values.ToList())
            {
                Drop(held);
            }
        }
    }

    /// <summary>The bundle for as long as its bytes are being sent: whatever becomes of it in the store, they stay until the loan is disposed.</summary>
    internal Loan? Borrow(BundleReference reference)
    {
        lock (_lock)
        {
            if (Find(reference) is not { } held)
            {
                return null;
            }

            held.Borrowers++;
            return new Loan(this, held);
        }
    }

    /// <summary>The bundle of that number, borrowed for somebody far away who knows only the number.</summary>
    internal Loan? Borrow(long id)
    {
        lock (_lock)
        {
            if (!_bundles.TryGetValue(id, out var held))
            {
                return null;
            }

            held.Borrowers++;
            return new Loan(this, held);
        }
    }

    internal void Release(long id)
    {
        lock (_lock)
        {
            if (_bundles.TryGetValue(id, out var held))
            {
                Drop(held);
            }
        }
    }

    private void ThrowIfElsewhere(BundleReference reference)
    {
        if (reference.Endpoint != Endpoint)
        {
            throw new InvalidDataException($"Bundle {reference.Id} is at {reference.Endpoint}, not at {Endpoint}.");
        }
    }

    private Held? Find(BundleReference reference)
    {
        if (!_bundles.TryGetValue(reference.Id, out var held))
        {
            return null;
        }

        return held.Bundle.Length == reference.Length
            ? held
            : throw new InvalidDataException($"Bundle {reference.Id} has {held.Bundle.Length} bytes, the reference says {reference.Length}.");
    }

    private void Remove(Held held)
    {
        held.Gone = true;
        _bundles.Remove(held.Id);
        _bytes -= held.Bundle.Length;
    }

    private void Drop(Held held)
    {
        Remove(held);
        if (held.Borrowers == 0)
        {
            held.Bundle.Dispose();
        }
    }

    private void GiveBack(Held held)
    {
        lock (_lock)
        {
            if (--held.Borrowers == 0 && held.Gone)
            {
                held.Bundle.Dispose();
            }
        }
    }

    internal sealed class Held(long id, Bundle bundle, string owner)
    {
        public long Id => id;

        public Bundle Bundle => bundle;

        public string Owner => owner;

        public int Borrowers { get; set; }

        public bool Gone { get; set; }
    }

    internal sealed class Loan(BundleStore store, Held held) : IDisposable
    {
        private int _disposed;

        public Bundle Bundle => held.Bundle;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _disposed, 1) == 0)
            {
                store.GiveBack(held);
            }
        }
    }
}
