using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using TiMix.Exchange.Bundles;
using TiMix.Exchange.Links;

namespace TiMix.Exchange.Tests.Links;

public sealed class BundleExchangeTests
{
    private static readonly CancellationToken Never = CancellationToken.None;

    private static Bundle Make(Random random, int bytes)
    {
        var pixels = new byte[bytes];
        random.NextBytes(pixels);
        return new Bundle.Builder().Add("pixels", pixels).Add("boxes", new[] { 1f, 2f }).Build();
    }

    [Fact]
    public void A_block_s_bytes_are_enough_to_open_a_bundle_elsewhere()
    {
        using var bundle = Make(new Random(1), 1000);
        var block = new NativeBlock(bundle.Length);
        bundle.Bytes.CopyTo(block.Span);
        using var opened = Bundle.FromBlock(block);
        Assert.Equal(bundle.Entries, opened.Entries);
        Assert.Equal(new[] { 1f, 2f }, opened.Get<float>("boxes").ToArray());
        Assert.Equal(bundle.Hash(), opened.Hash());
    }

    [Fact]
    public void Garbage_is_never_taken_for_a_bundle_and_never_reaches_outside_the_block()
    {
        var random = new Random(Fleet.Seed());
        using var bundle = Make(random, 300);
        for (var trial = 0; trial < 20_000; trial++)
        {
            using var block = new NativeBlock(trial % 3 == 0 ? random.Next(0, 200) : bundle.Length);
            bundle.Bytes[..Math.Min(block.Length, bundle.Length)].CopyTo(block.Span);
            for (var change = random.Next(1, 4); change > 0 && block.Length > 0; change--)
            {
                block.Span[random.Next(Math.Min(block.Length, 64))] = (byte)random.Next(256);
            }

            try
            {
                foreach (var entry in Bundle.FromBlock(block).Entries)
                {
                    Assert.True(entry.Offset >= 0 && entry.Length >= 0 && entry.Offset + (long)entry.Length <= block.Length);
                }
            }
            catch (InvalidDataException)
            {
            }
        }
    }

    [Fact]
    public void A_full_store_lets_the_oldest_go()
    {
        using var store = new BundleStore("here", 2500);
        var references = Enumerable.Range(0, 4).Select(index => store.Put(Make(new Random(index), 700), "loader")).ToList();
        Assert.Equal(1, store.Evicted);
        Assert.Null(store.Take(references[0]));
        Assert.InRange(store.Bytes, 1, 2500);
        using var copy = store.Read(references[3]);
        using var taken = store.Take(references[3]);
        Assert.Equal(copy!.Hash(), taken!.Hash());
    }

    [Fact]
    public void A_bundle_is_fetched_from_elsewhere_and_released_there()
    {
        using var fleet = new Fleet(2);
        var reference = fleet.Nodes[0].Bundles.Put(Make(new Random(1), 3_000_000), "loader");
        using (var read = fleet.Nodes[1].Read(reference, Never))
        {
            Assert.Equal(reference.Hash, read!.Hash());
        }

        using var taken = fleet.Nodes[1].Take(reference, Never);
        Assert.Equal(reference.Hash, taken!.Hash());

        // Answered after the release, which went out before it on the same link.
        Assert.Null(fleet.Nodes[1].Read(reference, Never));
        Assert.Equal(0, fleet.Nodes[0].Bundles.Count);
    }

    [Fact]
    public void A_local_bundle_is_taken_without_a_copy_and_read_as_one()
    {
        using var fleet = new Fleet(1);
        var node = fleet.Nodes[0];
        var bundle = Make(new Random(1), 100);
        var reference = node.Bundles.Put(bundle, "loader");
        using var read = node.Read(reference, Never);
        Assert.NotSame(bundle, read);
        Assert.Null(node.Take(reference with { Length = 1 }, Never));
        using var taken = node.Take(reference, Never);
        Assert.Same(bundle, taken);
        node.Release(reference);
        Assert.Null(node.Take(reference, Never));
    }

    [Fact]
    public void What_is_gone_elsewhere_or_not_what_was_promised_is_null()
    {
        using var fleet = new Fleet(2);
        var reference = fleet.Nodes[0].Bundles.Put(Make(new Random(1), 100_000), "loader");
        Assert.Null(fleet.Nodes[1].Take(reference with { Id = 99 }, Never));
        Assert.Null(fleet.Nodes[1].Take(reference with { Length = reference.Length - 64 }, Never));
        Assert.Null(fleet.Nodes[1].Take(reference with { Hash = 1 }, Never));
        Assert.Equal(1, fleet.Nodes[1].Counters.HashMismatches);
        Assert.Equal(1, fleet.Nodes[0].Bundles.Count);

        fleet.Nodes[0].Dispose();
        Assert.Null(fleet.Nodes[1].Take(reference, Never));
        fleet.Nodes[1].Release(reference);
        Assert.Null(fleet.Nodes[1].Read(reference with { Endpoint = "nonsense" }, Never));
    }

    [Fact]
    public void A_node_that_was_restarted_on_its_port_is_found_again()
    {
        using var fleet = new Fleet(2);
        var first = fleet.Nodes[0].Bundles.Put(Make(new Random(1), 100), "loader");
        fleet.Nodes[1].Take(first, Never)!.Dispose();
        fleet.Nodes[0].Dispose();
        using var again = ExchangeNode.Start(
            new ExchangeOptions { Token = Fleet.Token, Port = int.Parse(first.Endpoint.Split(':')[1], System.Globalization.CultureInfo.InvariantCulture) });
        var second = again.Bundles.Put(Make(new Random(2), 100), "loader");
        using var taken = fleet.Nodes[1].Take(second, Never);
        Assert.Equal(second.Hash, taken!.Hash());
    }

    [Fact]
    public void Many_threads_fetch_large_and_small_ones_at_once_while_others_are_taken_away()
    {
        var random = new Random(Fleet.Seed());
        using var fleet = new Fleet(3);
        var references = Enumerable.Range(0, 60).Select(index => fleet.Nodes[index % 2].Bundles.Put(Make(random, index % 5 == 0 ? 4_000_000 : 5_000), "loader"))
            .ToList();
        var threads = Enumerable.Range(0, 6).Select(thread => new Thread(() =>
        {
            for (var i = thread; i < references.Count; i += 6)
            {
                using var bundle = fleet.Nodes[2].Take(references[i], Never);
                Assert.Equal(references[i].Hash, bundle!.Hash());
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        Assert.All(threads, thread => Assert.True(thread.Join(TimeSpan.FromSeconds(30))));
        Assert.Null(fleet.Nodes[2].Read(references[0], Never));
        Assert.Null(fleet.Nodes[2].Read(references[1], Never));
        Assert.Equal(0, fleet.Nodes[0].Bundles.Count + fleet.Nodes[1].Bundles.Count);
    }

    [Fact]
    public void A_node_that_says_nothing_is_given_up_and_a_caller_may_give_up_earlier()
    {
        using var fleet = new Fleet(
            2, options => options with { FetchTimeout = TimeSpan.FromMilliseconds(300), HandshakeTimeout = TimeSpan.FromMilliseconds(300) });
        var reference = fleet.Nodes[0].Bundles.Put(Make(new Random(1), 100), "loader");
        fleet.Nodes[1].Read(reference, Never)!.Dispose();
        fleet.Nodes[0].Blackhole(TimeSpan.FromSeconds(60));
        Assert.Null(fleet.Nodes[1].Read(reference, Never));
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        Assert.Throws<OperationCanceledException>(() => fleet.Nodes[1].Read(reference, stop.Token));
    }

    [Fact]
    public void The_same_port_twice_is_one_line()
    {
        using var fleet = new Fleet(1);
        var port = int.Parse(fleet.Nodes[0].Endpoint.Split(':')[1], System.Globalization.CultureInfo.InvariantCulture);
        var error = Assert.Throws<IOException>(() => ExchangeNode.Start(new ExchangeOptions { Token = "t", Port = port }));
        Assert.Contains($"127.0.0.1:{port}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void With_a_certificate_everything_goes_through_tls_and_another_certificate_is_refused()
    {
        using var ours = SelfSigned();
        using var theirs = SelfSigned();
        using var fleet = new Fleet(2, options => options with { Certificate = ours });
        var reference = fleet.Nodes[0].Bundles.Put(Make(new Random(1), 2_000_000), "loader");
        using (var taken = fleet.Nodes[1].Read(reference, Never))
        {
            Assert.Equal(reference.Hash, taken!.Hash());
        }

        var groups = fleet.Enter(fleet.View(1, 3, 2, 1));
        var vectors = Fleet.Vectors(new Random(1), 3, 100_000);
        var expected = Fleet.SumAlone(vectors);
        Fleet.Each(groups, group =>
        {
            using var share = Fleet.Share(group, vectors);
            var sum = new float[100_000];
            group.AllReduce(0, share.Partials, sum);
            Assert.Equal(expected, sum);
        });

        using var stranger = ExchangeNode.Start(new ExchangeOptions { Token = Fleet.Token, Certificate = theirs });
        using var plain = ExchangeNode.Start(new ExchangeOptions { Token = Fleet.Token, HandshakeTimeout = TimeSpan.FromSeconds(1) });
        Assert.Null(stranger.Read(reference, Never));
        Assert.Null(plain.Read(reference, Never));
        Array.ForEach(groups, group => group.Dispose());
    }

    private static X509Certificate2 SelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=timix", key, HashAlgorithmName.SHA256);
        return request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.MaxValue);
    }
}
