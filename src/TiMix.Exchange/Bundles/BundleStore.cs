namespace TiMix.Exchange.Bundles;

/// <summary>A claim check for a bundle: small enough for any message.</summary>
/// <param name="Endpoint">The store that holds the bytes.</param>
/// <param name="Id">Number within the store, never used twice.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Hash">XXH3 of the bytes.</param>
public sealed record BundleReference(string Endpoint, long Id, long Length, ulong Hash);

/// <summary>
/// Holds bundles between the actor that made them and the one that takes them. Within a process a bundle changes hands without a copy.
/// Every bundle has an owner; what an owner left behind when it died goes with <see cref="ReleaseOwner"/>.
/// </summary>
public sealed class BundleStore(string endpoint) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<long, (Bundle Bundle, string Owner)> _bundles = [];
    private long _next;

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

    /// <summary>Takes the bundle over and gives a claim check for it.</summary>
    /// <param name="bundle">From now on the store's.</param>
    /// <param name="owner">Whose it is until somebody takes it.</param>
    public BundleReference Put(Bundle bundle, string owner)
    {
        var hash = bundle.Hash();
        lock (_lock)
        {
            var id = ++_next;
            _bundles.Add(id, (bundle, owner));
            return new BundleReference(Endpoint, id, bundle.Length, hash);
        }
    }

    /// <summary>Hands the bundle over; the caller disposes it. Null when it was taken or released before.</summary>
    /// <exception cref="InvalidDataException">The reference is of another store, or its length is not the bundle's.</exception>
    public Bundle? Take(BundleReference reference)
    {
        if (reference.Endpoint != Endpoint)
        {
            throw new InvalidDataException($"Bundle {reference.Id} is at {reference.Endpoint}, not at {Endpoint}.");
        }

        lock (_lock)
        {
            if (!_bundles.TryGetValue(reference.Id, out var held))
            {
                return null;
            }

            if (held.Bundle.Length != reference.Length)
            {
                throw new InvalidDataException($"Bundle {reference.Id} has {held.Bundle.Length} bytes, the reference says {reference.Length}.");
            }

            _bundles.Remove(reference.Id);
            return held.Bundle;
        }
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
    public void Release(BundleReference reference) => Take(reference)?.Dispose();

    /// <summary>Throws away all that the owner has put and nobody has taken.</summary>
    public void ReleaseOwner(string owner)
    {
        lock (_lock)
        {
            foreach (var (id, held) in _bundles.Where(pair => pair.Value.Owner == owner).ToList())
            {
                held.Bundle.Dispose();
                _bundles.Remove(id);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            foreach (var held in _bundles.Values)
            {
                held.Bundle.Dispose();
            }

            _bundles.Clear();
        }
    }
}
