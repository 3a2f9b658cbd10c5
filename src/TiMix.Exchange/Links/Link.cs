using System.Net.Sockets;

namespace TiMix.Exchange.Links;

/// <summary>Takes the frames of a link, on the link's reader thread.</summary>
internal interface IFrameHandler
{
    /// <summary>Has to take exactly the frame's payload off the link.</summary>
    void Receive(Link link, in FrameHeader header);

    /// <summary>
    /// The link broke; not called when it was disposed at this side. <paramref name="isGarbage"/>: over what came, which nobody sends in good faith.
    /// </summary>
    void Broken(Link link, string reason, bool isGarbage);
}

/// <summary>Whose memory a frame's payload is; told when the link needs it no more.</summary>
internal interface IFrameOwner
{
    /// <param name="link">The link.</param>
    /// <param name="header">The frame.</param>
    /// <param name="sent">False when the link was closed or purged first.</param>
    void Done(Link link, in FrameHeader header, bool sent);
}

/// <summary>Frames over one wire: a reader thread, a writer thread, a queue. No frame costs managed memory.</summary>
internal sealed unsafe class Link : IDisposable
{
    private const int StackBytes = 256 << 10;

    // A small payload goes out with its header in one send.
    private const int JoinBytes = 16 << 10;
    private readonly Wire _wire;
    private readonly int _maxFrame;
    private readonly int _mostWaiting;
    private readonly IFrameHandler _handler;
    private readonly ExchangeCounters _counters;
    private readonly Queue<Outgoing> _queue = new();
    private readonly byte[] _scratch = GC.AllocateUninitializedArray<byte>(64 << 10);
    private readonly Thread _reader;
    private readonly Thread _writer;
    private bool _leaving;
    private volatile bool _disposed;
    private int _broken;

    /// <param name="wire">What it runs over.</param>
    /// <param name="name">For messages and thread names.</param>
    /// <param name="maxFrame">Bytes of a payload that may come in.</param>
    /// <param name="handler">Takes what comes in.</param>
    /// <param name="counters">Of the node.</param>
    /// <param name="mostWaiting">Frames that may wait to be sent: whoever has more wait for it does not read.</param>
    public Link(Wire wire, string name, int maxFrame, IFrameHandler handler, ExchangeCounters counters, int mostWaiting = int.MaxValue)
    {
        (_wire, Name, _maxFrame, _handler, _counters, _mostWaiting) = (wire, name, maxFrame, handler, counters, mostWaiting);
        _reader = new Thread(Read, StackBytes) { IsBackground = true, Name = $"link {name} in" };
        _writer = new Thread(Write, StackBytes) { IsBackground = true, Name = $"link {name} out" };
    }

    /// <summary>For messages and thread names.</summary>
    public string Name { get; }

    public bool IsClosed => _wire.IsClosed;

    /// <summary>When bytes last arrived, in <see cref="Environment.TickCount64"/>.</summary>
    public long LastHeard => _wire.LastHeard;

    public void Start()
    {
        _reader.Start();
        _writer.Start();
    }

    /// <summary>Queues a frame; its payload stays untouched until the owner is told.</summary>
    public void Enqueue(in FrameHeader header, nint payload = 0, IFrameOwner? owner = null)
    {
        bool full;
        lock (_queue)
        {
            full = _queue.Count >= _mostWaiting;
            if (!_disposed && !_leaving && !full)
            {
                _queue.Enqueue(new Outgoing(header, payload, owner));
                Monitor.Pulse(_queue);
                return;
            }
        }

        owner?.Done(this, header, sent: false);
        if (full)
        {
            Break($"the other side does not read: {_mostWaiting} frames wait for it");
        }
    }

    /// <summary>Queues a keep-alive unless there is something to send anyway.</summary>
    public void KeepAlive(in FrameHeader header)
    {
        lock (_queue)
        {
            if (!_disposed && !_leaving && _queue.Count == 0)
            {
                _queue.Enqueue(new Outgoing(header, 0, null));
                Monitor.Pulse(_queue);
            }
        }
    }

    /// <summary>Drops what is queued and not being sent yet.</summary>
    public void Purge()
    {
        List<Outgoing> dropped;
        lock (_queue)
        {
            if (_queue.Count == 0)
            {
                return;
            }

            dropped = [.. _queue];
            _queue.Clear();
        }

        foreach (var frame in dropped)
        {
            frame.Owner?.Done(this, frame.Header, sent: false);
        }
    }

    /// <summary>Sends what is queued, one last frame, and then nothing more. The reader goes on until the other side closes or <see cref="Dispose"/>.</summary>
    public void Leave(in FrameHeader farewell)
    {
        lock (_queue)
        {
            if (!_disposed && !_leaving)
            {
                _queue.Enqueue(new Outgoing(farewell, 0, null));
                _leaving = true;
                Monitor.Pulse(_queue);
            }
        }
    }

    /// <summary>For the handler: the next bytes of the payload.</summary>
    public void Receive(Span<byte> to) => _wire.Receive(to);

    /// <summary>For the handler: takes bytes off the link that nobody wants.</summary>
    public void Skip(int length)
    {
        while (length > 0)
        {
            var part = Math.Min(length, _scratch.Length);
            _wire.Receive(_scratch.AsSpan(0, part));
            length -= part;
        }
    }

    /// <summary>Waits for both threads to end; false when one of them asks, or they do not end in time.</summary>
    public bool Join(TimeSpan timeout) =>
        Thread.CurrentThread != _reader && Thread.CurrentThread != _writer && _reader.Join(timeout) && _writer.Join(timeout);

    /// <summary>Closes at once, without a word to the other side.</summary>
    public void Dispose()
    {
        lock (_queue)
        {
            _disposed = true;
            Monitor.PulseAll(_queue);
        }

        _wire.Dispose();
        Purge();
    }

    private void Read()
    {
        Span<byte> bytes = stackalloc byte[FrameHeader.Size];
        try
        {
            while (true)
            {
                _wire.Receive(bytes);
                var header = FrameHeader.Read(bytes, _maxFrame);
                _handler.Receive(this, header);
            }
        }
        catch (Exception error) when (error is IOException or SocketException or ObjectDisposedException or InvalidDataException)
        {
            if (error is InvalidDataException)
            {
                _counters.BrokenFrame();
            }

            Break(Describe(error), error is InvalidDataException);
        }
    }

    private void Write()
    {
        var joined = GC.AllocateUninitializedArray<byte>(FrameHeader.Size + JoinBytes);
        try
        {
            while (Next(out var frame))
            {
                var sent = false;
                try
                {
                    frame.Header.Write(joined);
                    var payload = new ReadOnlySpan<byte>((byte*)frame.Payload, frame.Header.Length);
                    if (payload.Length <= JoinBytes)
                    {
                        payload.CopyTo(joined.AsSpan(FrameHeader.Size));
                        _wire.Send(joined.AsSpan(0, FrameHeader.Size + payload.Length));
                    }
                    else
                    {
                        _wire.Send(joined.AsSpan(0, FrameHeader.Size));
                        _wire.Send(payload);
                    }

                    sent = true;
                }
                finally
                {
                    frame.Owner?.Done(this, frame.Header, sent);
                }
            }

            _wire.EndSending();
        }
        catch (Exception error) when (error is IOException or SocketException or ObjectDisposedException)
        {
            Break(Describe(error));
        }
    }

    private bool Next(out Outgoing frame)
    {
        lock (_queue)
        {
            while (!_queue.TryDequeue(out frame))
            {
                if (_disposed || _leaving)
                {
                    return false;
                }

                Monitor.Wait(_queue);
            }

            return true;
        }
    }

    private void Break(string reason, bool isGarbage = false)
    {
        if (Interlocked.Exchange(ref _broken, 1) == 0 && !_disposed)
        {
            _handler.Broken(this, reason, isGarbage);
        }

        Dispose();
    }

    private static string Describe(Exception error) => error switch
    {
        SocketException socket => $"the connection broke ({socket.SocketErrorCode})",
        IOException { InnerException: SocketException socket } => $"the connection broke ({socket.SocketErrorCode})",
        ObjectDisposedException => "the connection was closed",
        _ => error.Message,
    };

    private readonly record struct Outgoing(FrameHeader Header, nint Payload, IFrameOwner? Owner);
}
