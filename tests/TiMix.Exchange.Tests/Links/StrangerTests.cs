using System.Buffers.Binary;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using TiMix.Exchange.Bundles;
using TiMix.Exchange.Links;

namespace TiMix.Exchange.Tests.Links;

/// <summary>Whatever comes in at the port, the node goes on serving and allocates nothing for it.</summary>
public sealed class StrangerTests
{
    [Fact]
    public void Random_bytes_are_turned_away()
    {
        var random = new Random(Fleet.Seed());
        using var fleet = new Fleet(2);
        for (var trial = 0; trial < 30; trial++)
        {
            using var socket = Dial(fleet.Nodes[0]);
            var bytes = new byte[random.Next(36, 5000)];
            random.NextBytes(bytes);
            SendQuietly(socket, bytes);
            AwaitEnd(socket);
        }

        StillServes(fleet);
    }

    [Fact]
    public void A_wrong_token_is_refused_and_counted()
    {
        using var fleet = new Fleet(2);
        using var liar = ExchangeNode.Start(new ExchangeOptions { Token = "another token" });
        var reference = fleet.Nodes[0].Bundles.Put(Make(), "loader");
        Assert.Null(liar.Read(reference, CancellationToken.None));
        Assert.Equal(1, fleet.Nodes[0].Counters.StrangersRefused);
        StillServes(fleet);
    }

    [Fact]
    public void Half_a_handshake_is_cut_after_its_time_and_a_crowd_does_not_keep_others_out()
    {
        using var fleet = new Fleet(2, options => options with { MaxStrangers = 4, HandshakeTimeout = TimeSpan.FromSeconds(1) });
        var sockets = Enumerable.Range(0, 20).Select(_ => Dial(fleet.Nodes[0])).ToList();
        sockets.ForEach(socket => SendQuietly(socket, "TMX1half"u8));
        StillServes(fleet);
        sockets.ForEach(AwaitEnd);
        sockets.ForEach(socket => socket.Dispose());
    }

    [Theory]
    [InlineData(0x7FFF_FFFF)]
    [InlineData(-1)]
    [InlineData(70 << 20)]
    public void A_huge_length_closes_the_link_before_anything_is_allocated(int length)
    {
        using var fleet = new Fleet(2);
        using var group = fleet.Nodes[0].Enter(fleet.View(1, 2, 1, 1), 0);
        using var socket = Dial(fleet.Nodes[0]);
        Authenticate(socket, Purpose.Group, new TiMix.Exchange.Groups.GroupIntroduction("run", 1, 1, 0, group.View.Fingerprint(), null).ToBytes());
        Span<byte> header = stackalloc byte[FrameHeader.Size];
        new FrameHeader { Kind = FrameKind.Contribution, Generation = 1, Length = length }.Write(header);
        socket.Send(header);
        AwaitEnd(socket);
        Assert.Equal(1, fleet.Nodes[0].Counters.BrokenFrames);
        Assert.Equal(0, fleet.Nodes[0].Pool.Largest);
        var error = Assert.Throws<TiMix.Exchange.Groups.GroupBrokenException>(() => group.Gather(0, 0, []));
        Assert.Contains("67108864 are allowed", error.Message, StringComparison.Ordinal);
        StillServes(fleet);
    }

    [Fact]
    public void Garbage_after_a_valid_handshake_closes_that_link_only()
    {
        var random = new Random(Fleet.Seed());
        using var fleet = new Fleet(2);
        for (var trial = 0; trial < 20; trial++)
        {
            using var socket = Dial(fleet.Nodes[0]);
            Authenticate(socket, Purpose.Bundles, []);
            var bytes = new byte[random.Next(FrameHeader.Size, 300)];
            random.NextBytes(bytes);
            SendQuietly(socket, bytes);
            AwaitEnd(socket);
        }

        Assert.Equal(20, fleet.Nodes[0].Counters.BrokenFrames);
        Assert.Equal(0, fleet.Nodes[0].Pool.Largest);
        StillServes(fleet);
    }

    [Fact]
    public async Task Frames_of_another_generation_are_dropped_and_counted_and_pieces_nobody_can_have_sent_end_the_link()
    {
        using var fleet = new Fleet(2);
        using var group = fleet.Nodes[0].Enter(fleet.View(7, 2, 1, 1), 0);
        using var lost = new ManualResetEventSlim();
        group.PeerLost += _ => lost.Set();
        using var socket = Dial(fleet.Nodes[0]);
        Authenticate(socket, Purpose.Group, new TiMix.Exchange.Groups.GroupIntroduction("run", 7, 1, 0, group.View.Fingerprint(), null).ToBytes());
        var frame = new byte[FrameHeader.Size + 8];
        foreach (var generation in new[] { 6L, 8L, 6L })
        {
            new FrameHeader { Kind = FrameKind.Gather, Generation = generation, Length = 8 }.Write(frame);
            socket.Send(frame);
        }

        // Their order on the link makes sure that the three above have been seen.
        new FrameHeader { Kind = FrameKind.Verdict, Generation = 7 }.Write(frame);
        socket.Send(frame.AsSpan(0, FrameHeader.Size));
        await group.Connected.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(3, fleet.Nodes[0].Counters.StaleFrames);
        Assert.False(lost.IsSet);

        new FrameHeader { Kind = FrameKind.Contribution, Generation = 7, Call = 1, Chunk = 12345, Length = 8 }.Write(frame);
        socket.Send(frame);
        using var tree = new TiMix.Exchange.Reduction.TreeSum(2, 100);
        tree.Add(0, new float[100]);
        var error = Assert.Throws<TiMix.Exchange.Groups.GroupBrokenException>(() => group.AllReduce(0, tree.Partials, new float[100]));
        Assert.Contains("chunk 12345", error.Message, StringComparison.Ordinal);
        Assert.True(lost.Wait(TimeSpan.FromSeconds(10)));
        StillServes(fleet);
    }

    [Fact]
    public void Whoever_asks_for_bundles_and_never_reads_is_cut_off_before_its_answers_fill_the_memory()
    {
        using var fleet = new Fleet(2, options => options with { MostWaitingFrames = 100 });
        var reference = fleet.Nodes[0].Bundles.Put(new Bundle.Builder().Add("pixels", new byte[16 << 20]).Build(), "loader");
        using var socket = Dial(fleet.Nodes[0]);
        socket.ReceiveBufferSize = 4096;
        Authenticate(socket, Purpose.Bundles, []);
        var frame = new byte[FrameHeader.Size];
        new FrameHeader { Kind = FrameKind.Fetch, Generation = 1, Step = reference.Id }.Write(frame);
        var asked = 0;
        try
        {
            for (; asked < 1_000_000; asked++)
            {
                socket.Send(frame);
            }
        }
        catch (SocketException)
        {
            // Cut off.
        }

        Assert.InRange(asked, 1, 999_999);
        StillServes(fleet);
    }

    [Fact]
    public void Links_for_a_group_that_nobody_enters_are_kept_in_a_bounded_number()
    {
        using var fleet = new Fleet(2, options => options with { ConnectTimeout = TimeSpan.FromMilliseconds(500) });
        var sockets = new List<Socket>();
        for (var i = 0; i < 80; i++)
        {
            var socket = Dial(fleet.Nodes[0]);
            sockets.Add(socket);
            Authenticate(socket, Purpose.Group, new TiMix.Exchange.Groups.GroupIntroduction("nobody's", 1, 1, 0, 0, null).ToBytes(), answered: false);
        }

        StillServes(fleet);
        sockets.ForEach(AwaitEnd);
        sockets.ForEach(socket => socket.Dispose());
    }

    private static Bundle Make() => new Bundle.Builder().Add("pixels", new byte[1000]).Build();

    private static void StillServes(Fleet fleet)
    {
        var reference = fleet.Nodes[0].Bundles.Put(Make(), "loader");
        using var bundle = fleet.Nodes[1].Take(reference, CancellationToken.None);
        Assert.Equal(reference.Hash, bundle!.Hash());
    }

    private static Socket Dial(ExchangeNode node)
    {
        var (host, port) = Endpoints.Parse(node.Endpoint);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 10_000 };
        socket.Connect(host, port);
        return socket;
    }

    /// <summary>The handshake written out by hand, so that the wire format is tested too.</summary>
    private static void Authenticate(Socket socket, Purpose purpose, byte[] introduction, bool answered = true)
    {
        var said = new byte[4 + 64];
        "TMX1"u8.CopyTo(said);
        RandomNumberGenerator.Fill(said.AsSpan(4, 32));
        socket.Send(said.AsSpan(0, 36));
        Receive(socket, said.AsSpan(36));
        var key = Encoding.UTF8.GetBytes(Fleet.Token);
        socket.Send(HMACSHA256.HashData(key, (byte[])[.. "timix client"u8, .. said]));
        var proof = new byte[32];
        Receive(socket, proof);
        Assert.Equal(HMACSHA256.HashData(key, (byte[])[.. "timix server"u8, .. said]), proof);
        var head = new byte[4];
        BinaryPrimitives.WriteUInt16LittleEndian(head, (ushort)purpose);
        BinaryPrimitives.WriteUInt16LittleEndian(head.AsSpan(2), (ushort)introduction.Length);
        socket.Send([.. head, .. introduction]);
        if (answered)
        {
            var answer = new byte[3];
            Receive(socket, answer);
            Assert.Equal((byte)Welcome.Accepted, answer[0]);
            Receive(socket, new byte[BinaryPrimitives.ReadUInt16LittleEndian(answer.AsSpan(1))]);
        }
    }

    private static void Receive(Socket socket, Span<byte> to)
    {
        while (to.Length > 0)
        {
            var received = socket.Receive(to);
            Assert.NotEqual(0, received);
            to = to[received..];
        }
    }

    private static void SendQuietly(Socket socket, ReadOnlySpan<byte> bytes)
    {
        try
        {
            socket.Send(bytes);
        }
        catch (SocketException)
        {
            // Turned away already.
        }
    }

    private static void AwaitEnd(Socket socket)
    {
        var bytes = new byte[1000];
        try
        {
            while (socket.Receive(bytes) > 0)
            {
            }
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.ConnectionReset)
        {
        }
    }
}
