using System.Net.Sockets;
using TiMix.Exchange.Bundles;

namespace TiMix.Exchange.Links;

/// <summary>Fetches bundles from one other node over one link, for any number of threads at a time.</summary>
internal sealed class BundleClient(string endpoint, ExchangeOptions options, BlackholeGate gate, ExchangeCounters counters) : IFrameHandler, IDisposable
{
    private readonly Lock _connecting = new();
    private readonly Dictionary<long, Request> _requests = [];
    private readonly CancellationTokenSource _stop = new();
    private Link? _link;
    private long _next;

    /// <summary>The bytes of the bundle, not verified. Null when it is gone, or its node is.</summary>
    /// <exception cref="OperationCanceledException">The caller does not want it any more.</exception>
    public NativeBlock? Fetch(BundleReference reference, CancellationToken stop)
    {
        while (true)
        {
            var reused = Current() is not null;
            if (Connect(stop) is not { } link)
            {
                return null;
            }

            var request = new Request(reference.Length);
            long number;
            lock (_requests)
            {
                number = ++_next;
                _requests.Add(number, request);
            }

            try
            {
                link.Enqueue(new FrameHeader { Kind = FrameKind.Fetch, Generation = number, Step = reference.Id });
                switch (request.Wait(link, options.FetchTimeout, stop))
                {
                    case Outcome.Arrived:
                        return request.Block;
                    case Outcome.Silent:
                        // Whoever else waits on this link waits in vain too.
                        link.Dispose();
                        FailAll();
                        return null;
                    case Outcome.Broken when reused:
                        // The node has been restarted since the last fetch, perhaps.
                        break;
                    default:
                        return null;
                }
            }
            finally
            {
                lock (_requests)
                {
                    _requests.Remove(number);
                }
            }
        }
    }

    /// <summary>Says that the bundle is not needed any more; false when there is no link to say it on.</summary>
    public bool TryRelease(long id)
    {
        if (Current() is not { } link)
        {
            return false;
        }

        link.Enqueue(new FrameHeader { Kind = FrameKind.Release, Step = id });
        return true;
    }

    /// <summary>The link, made if need be. Null when nobody answers.</summary>
    public Link? Connect(CancellationToken stop)
    {
        lock (_connecting)
        {
            if (Current() is { } link)
            {
                return link;
            }

            using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, _stop.Token);
            Wire? wire = null;
            try
            {
                wire = Wire.Connect(endpoint, options.HandshakeTimeout, gate, either.Token);
                using var limit = new Timer(state => ((Wire)state!).Dispose(), wire, options.HandshakeTimeout, Timeout.InfiniteTimeSpan);
                using var registration = either.Token.Register(wire.Dispose);
                if (options.Certificate is { } certificate)
                {
                    wire.Secure(certificate, asServer: false);
                }

                Handshake.AsClient(wire, options.Token);
                Handshake.Introduce(wire, Purpose.Bundles, []);
                if (Handshake.ReadAnswer(wire).Welcome != Welcome.Accepted)
                {
                    wire.Dispose();
                    return null;
                }
            }
            catch (Exception error) when (error is IOException or SocketException or ObjectDisposedException or InvalidDataException
                or OperationCanceledException)
            {
                wire?.Dispose();
                stop.ThrowIfCancellationRequested();
                return null;
            }

            link = new Link(wire, $"bundles {endpoint}", options.MaxFrameBytes, this, counters);
            Volatile.Write(ref _link, link);
            link.Start();
            return link;
        }
    }

    public void Receive(Link link, in FrameHeader header)
    {
        Request? request;
        lock (_requests)
        {
            _requests.TryGetValue(header.Generation, out request);
        }

        switch (header.Kind)
        {
            case FrameKind.Head when header.Length == 0:
                request?.Begin(header.Chunk);
                break;
            case FrameKind.Gone when header.Length == 0:
                request?.Fail();
                break;
            case FrameKind.Bytes:
                if (request is null)
                {
                    link.Skip(header.Length);
                }
                else
                {
                    request.Receive(link, header.Length);
                }

                break;
            default:
                throw new InvalidDataException($"a frame of kind {header.Kind} where a bundle is expected");
        }
    }

    public void Broken(Link link, string reason, bool isGarbage) => FailAll();

    public void Dispose()
    {
        _stop.Cancel();
        Current()?.Dispose();
        FailAll();
    }

    private Link? Current() => Volatile.Read(ref _link) is { IsClosed: false } link ? link : null;

    private void FailAll()
    {
        lock (_requests)
        {
            foreach (var request in _requests.Values)
            {
                request.Break();
            }
        }
    }

    private enum Outcome
    {
        Pending,
        Arrived,
        Gone,
        Broken,
        Silent,
    }

    /// <summary>One bundle on its way. When it fails, its block is left to the collector: the link's thread may still be writing to it.</summary>
    private sealed class Request(long length)
    {
        private Outcome _outcome;
        private int _received;
        private long _progress = Environment.TickCount64;

        public NativeBlock? Block { get; private set; }

        public void Begin(uint actual)
        {
            lock (this)
            {
                if (actual != length || Block is not null)
                {
                    _outcome = Outcome.Gone;
                }
                else
                {
                    Block = new NativeBlock(length, clear: false);
                    _outcome = length == 0 ? Outcome.Arrived : _outcome;
                }

                _progress = Environment.TickCount64;
                Monitor.PulseAll(this);
            }
        }

        public void Receive(Link link, int bytes)
        {
            if (Block is not { } block || bytes > block.Length - _received)
            {
                if (Block is not null)
                {
                    throw new InvalidDataException($"{_received + (long)bytes} bytes of a bundle of {length}");
                }

                link.Skip(bytes);
                return;
            }

            link.Receive(block.Span.Slice(_received, bytes));
            GC.KeepAlive(block);
            lock (this)
            {
                _received += bytes;
                _progress = Environment.TickCount64;
                if (_received == block.Length && _outcome == Outcome.Pending)
                {
                    _outcome = Outcome.Arrived;
                    Monitor.PulseAll(this);
                }
            }
        }

        public void Fail() => End(Outcome.Gone);

        public void Break() => End(Outcome.Broken);

        public Outcome Wait(Link link, TimeSpan timeout, CancellationToken stop)
        {
            using var registration = stop.Register(() =>
            {
                lock (this)
                {
                    Monitor.PulseAll(this);
                }
            });
            lock (this)
            {
                while (_outcome == Outcome.Pending)
                {
                    stop.ThrowIfCancellationRequested();
                    if (link.IsClosed)
                    {
                        return _outcome = Outcome.Broken;
                    }

                    var left = _progress + (long)timeout.TotalMilliseconds - Environment.TickCount64;
                    if (left <= 0)
                    {
                        return _outcome = Outcome.Silent;
                    }

                    Monitor.Wait(this, (int)Math.Min(left, int.MaxValue));
                }

                return _outcome;
            }
        }

        private void End(Outcome outcome)
        {
            lock (this)
            {
                if (_outcome == Outcome.Pending)
                {
                    _outcome = outcome;
                    Monitor.PulseAll(this);
                }
            }
        }
    }
}
