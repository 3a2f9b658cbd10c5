using TiMix.Exchange.Bundles;

namespace TiMix.Exchange.Links;

/// <summary>Gives the store's bundles to other nodes. Several requests of one link take turns, so that a large bundle does not hold up a small one.</summary>
internal sealed class BundleServer(BundleStore store, ExchangeOptions options, ExchangeCounters counters) : IFrameHandler, IDisposable
{
    private readonly HashSet<Link> _links = [];
    private bool _disposed;

    /// <summary>Serves whoever is at the other end of the wire.</summary>
    public void Serve(Wire wire)
    {
        Handshake.Answer(wire, Welcome.Accepted, []);
        var link = new Link(wire, $"bundles {wire.Remote}", options.MaxFrameBytes, this, counters, options.MostWaitingFrames);
        lock (_links)
        {
            if (_disposed)
            {
                wire.Dispose();
                return;
            }

            _links.Add(link);
        }

        link.Start();
    }

    public void Receive(Link link, in FrameHeader header)
    {
        if (header.Length != 0)
        {
            throw new InvalidDataException($"a request with {header.Length} bytes of payload; it has none");
        }

        switch (header.Kind)
        {
            case FrameKind.Fetch:
                if (store.Borrow(header.Step) is { } loan)
                {
                    new Transfer(loan, header.Generation, Math.Min(1 << 20, options.MaxFrameBytes)).Begin(link);
                }
                else
                {
                    link.Enqueue(new FrameHeader { Kind = FrameKind.Gone, Generation = header.Generation });
                }

                break;
            case FrameKind.Release:
                store.Release(header.Step);
                break;
            default:
                throw new InvalidDataException($"a frame of kind {header.Kind} where bundles are asked for");
        }
    }

    public void Broken(Link link, string reason, bool isGarbage)
    {
        lock (_links)
        {
            _links.Remove(link);
        }
    }

    public void Dispose()
    {
        List<Link> links;
        lock (_links)
        {
            _disposed = true;
            links = [.. _links];
        }

        links.ForEach(link => link.Dispose());
    }

    /// <summary>One bundle on its way: its next piece is queued when the one before has gone.</summary>
    private sealed unsafe class Transfer(BundleStore.Loan loan, long request, int pieceBytes) : IFrameOwner
    {
        private int _sent;

        public void Begin(Link link)
        {
            link.Enqueue(new FrameHeader { Kind = FrameKind.Head, Generation = request, Chunk = (uint)loan.Bundle.Length });
            Next(link);
        }

        public void Done(Link link, in FrameHeader header, bool sent)
        {
            _sent += header.Length;
            if (sent && _sent < loan.Bundle.Length)
            {
                Next(link);
            }
            else
            {
                loan.Dispose();
            }
        }

        private void Next(Link link) =>
            link.Enqueue(
                new FrameHeader { Kind = FrameKind.Bytes, Generation = request, Length = Math.Min(pieceBytes, loan.Bundle.Length - _sent) },
                (nint)loan.Bundle.Block.Pointer + _sent,
                this);
    }
}
