using System.Collections.Concurrent;
using TiMix.Exchange.Bundles;

namespace TiMix.Exchange.Links;

/// <summary>Bundles wherever they are: here without a copy, elsewhere over one link a node.</summary>
internal sealed class BundleExchange(BundleStore store, ExchangeOptions options, BlackholeGate gate, ExchangeCounters counters) : IDisposable
{
    private const int MaxPendingReleases = 4096;
    private readonly ConcurrentDictionary<string, BundleClient> _clients = new(StringComparer.Ordinal);
    private readonly BlockingCollection<BundleReference> _releases = new(MaxPendingReleases);
    private readonly CancellationTokenSource _stop = new();
    private Thread? _releaser;

    public Bundle? Take(BundleReference reference, CancellationToken stop)
    {
        if (reference.Endpoint == store.Endpoint)
        {
            return Local(() => store.Take(reference));
        }

        var bundle = Fetch(reference, stop);
        if (bundle is not null)
        {
            Release(reference);
        }

        return bundle;
    }

    public Bundle? Read(BundleReference reference, CancellationToken stop) =>
        reference.Endpoint == store.Endpoint ? Local(() => store.Read(reference)) : Fetch(reference, stop);

    public void Release(BundleReference reference)
    {
        if (reference.Endpoint == store.Endpoint)
        {
            Local(() =>
            {
                store.Release(reference);
                return null;
            });
        }
        else if (!_stop.IsCancellationRequested && !Client(reference.Endpoint).TryRelease(reference.Id) && _releases.TryAdd(reference))
        {
            StartReleaser();
        }
    }

    public void Dispose()
    {
        _stop.Cancel();
        foreach (var client in _clients.Values)
        {
            client.Dispose();
        }
    }

    private static Bundle? Local(Func<Bundle?> use)
    {
        try
        {
            return use();
        }
        catch (InvalidDataException)
        {
            // A wrong length: what the reference means is not here.
            return null;
        }
    }

    private Bundle? Fetch(BundleReference reference, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        if (_stop.IsCancellationRequested || reference.Length is < 0 or > int.MaxValue || Client(reference.Endpoint).Fetch(reference, stop) is not { } block)
        {
            return null;
        }

        try
        {
            if (System.IO.Hashing.XxHash3.HashToUInt64(block.Span) == reference.Hash)
            {
                return Bundle.FromBlock(block);
            }
        }
        catch (InvalidDataException)
        {
        }

        counters.HashMismatch();
        block.Dispose();
        return null;
    }

    private BundleClient Client(string endpoint) => _clients.GetOrAdd(endpoint, key => new BundleClient(key, options, gate, counters));

    private void StartReleaser()
    {
        if (Volatile.Read(ref _releaser) is not null)
        {
            return;
        }

        var thread = new Thread(ReleaseElsewhere, 256 << 10) { IsBackground = true, Name = "exchange release" };
        if (Interlocked.CompareExchange(ref _releaser, thread, null) is null)
        {
            thread.Start();
        }
    }

    // Connecting can take long, and nobody who releases wants to wait.
    private void ReleaseElsewhere()
    {
        try
        {
            foreach (var reference in _releases.GetConsumingEnumerable(_stop.Token))
            {
                var client = Client(reference.Endpoint);
                if (client.Connect(_stop.Token) is not null)
                {
                    client.TryRelease(reference.Id);
                }
            }
        }
        catch (OperationCanceledException)
        {
        }
    }
}
