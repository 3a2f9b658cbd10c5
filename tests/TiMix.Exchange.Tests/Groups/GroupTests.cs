using System.Diagnostics;
using TiMix.Exchange.Groups;

namespace TiMix.Exchange.Tests.Groups;

public sealed class GroupTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Sums_have_the_bits_of_one_tree_for_any_members_shares_and_lengths(bool sharedMemory)
    {
        var random = new Random(Fleet.Seed());
        for (var trial = 0; trial < 12; trial++)
        {
            var members = trial < 8 ? trial + 1 : random.Next(1, 9);
            var microBatches = random.Next(1, 20);
            var length = new[] { 1, 17, 1003, 300_001, random.Next(1, 100_000) }[random.Next(5)];
            var counts = new int[members];
            for (var i = 0; i < microBatches; i++)
            {
                counts[random.Next(members)]++;
            }

            TestContext.Current.TestOutputHelper?.WriteLine($"{members} members, shares {string.Join("+", counts)}, {length} floats");
            using var fleet = new Fleet(members, options => options with { SharedMemory = sharedMemory });
            var groups = fleet.Enter(fleet.View(1, microBatches, counts));
            for (var step = 0; step < 3; step++)
            {
                var vectors = Fleet.Vectors(random, microBatches, length);
                var expected = Fleet.SumAlone(vectors);
                Fleet.Each(groups, group =>
                {
                    using var share = Fleet.Share(group, vectors);
                    var sum = new float[length];
                    group.AllReduce(step, share.Partials, sum);
                    Assert.True(expected.AsSpan().SequenceEqual(sum));
                    Assert.Equal(sharedMemory && members > 1, group.UsesSharedMemory);
                });
            }

            Array.ForEach(groups, group => group.Dispose());
            Assert.All(fleet.Nodes, node => Assert.Equal(0, node.Pool.InUse));
        }
    }

    [Fact]
    public void A_gather_gives_all_parts_in_member_order_with_their_flags()
    {
        var random = new Random(Fleet.Seed());
        using var fleet = new Fleet(4);
        var groups = fleet.Enter(fleet.View(1, 4, 1, 1, 1, 1));
        for (var step = 0; step < 20; step++)
        {
            var payloads = Enumerable.Range(0, 4).Select(_ =>
            {
                var bytes = new byte[random.Next(0, 200_000)];
                random.NextBytes(bytes);
                return bytes;
            }).ToArray();
            Fleet.Each(groups, group =>
            {
                var parts = group.Gather(step, (uint)group.Self + 7, payloads[group.Self]);
                Assert.Equal(["trainer-0", "trainer-1", "trainer-2", "trainer-3"], parts.Select(part => part.Member));
                for (var member = 0; member < 4; member++)
                {
                    Assert.Equal((uint)member + 7, parts[member].Flags);
                    Assert.True(payloads[member].AsSpan().SequenceEqual(parts[member].Payload.Span));
                }
            });
        }

        Array.ForEach(groups, group => group.Dispose());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_peer_that_is_cut_off_in_the_middle_is_named_by_all_others_at_once(bool sharedMemory)
    {
        using var fleet = new Fleet(4, options => options with { SharedMemory = sharedMemory });
        var groups = fleet.Enter(fleet.View(1, 8, 2, 2, 2, 2));
        var vectors = Fleet.Vectors(new Random(1), 8, 200_000);
        var lost = new System.Collections.Concurrent.ConcurrentBag<Suspect>();
        foreach (var group in groups)
        {
            group.PeerLost += lost.Add;
        }

        Fleet.Each(groups, group => group.Gather(0, 0, [1]));
        using var others = new CountdownEvent(3);
        var watch = new Stopwatch();
        var errors = Fleet.Together(groups, group =>
        {
            using var share = Fleet.Share(group, vectors);
            if (group.Self == 2)
            {
                others.Wait();
                watch.Start();
                fleet.Nodes[2].Dispose();
                return;
            }

            others.Signal();
            group.AllReduce(0, share.Partials, new float[200_000]);
        });
        Assert.True(watch.ElapsedMilliseconds < 2000, $"{watch.ElapsedMilliseconds} ms");
        foreach (var index in new[] { 0, 1, 3 })
        {
            var error = Assert.IsType<GroupBrokenException>(errors[index]);
            Assert.Equal("trainer-2", Assert.Single(error.Suspects).Member);
            Assert.Contains("trainer-2 is lost", error.Message, StringComparison.Ordinal);
            Assert.Throws<GroupBrokenException>(() => groups[index].Gather(1, 0, []));
        }

        // Waits for the threads that raise it.
        Array.ForEach(groups, group => group.Dispose());
        Assert.Equal(["trainer-2", "trainer-2", "trainer-2"], lost.Select(suspect => suspect.Member));
    }

    [Fact]
    public void A_silent_peer_is_lost_after_the_lease_and_not_before()
    {
        using var fleet = new Fleet(3, options => options with { Lease = TimeSpan.FromMilliseconds(600) });
        var groups = fleet.Enter(fleet.View(1, 3, 1, 1, 1));
        Fleet.Each(groups, group => group.Gather(0, 0, []));
        var watch = Stopwatch.StartNew();
        fleet.Nodes[1].Blackhole(TimeSpan.FromSeconds(30));
        var errors = Fleet.Together([groups[0], groups[2]], group => group.Gather(1, 0, []));
        Assert.InRange(watch.ElapsedMilliseconds, 500, 3000);
        Assert.All(errors, error => Assert.Equal("trainer-1", Assert.Single(Assert.IsType<GroupBrokenException>(error).Suspects).Member));
        Assert.All(errors, error => Assert.Contains("nothing was heard of it for 0.6 s", error!.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void A_group_that_has_nothing_to_say_outlives_its_lease()
    {
        using var fleet = new Fleet(2, options => options with { Lease = TimeSpan.FromMilliseconds(300) });
        var groups = fleet.Enter(fleet.View(1, 2, 1, 1));
        Fleet.Each(groups, group => group.Gather(0, 0, []));
        using var lost = new ManualResetEventSlim();
        Array.ForEach(groups, group => group.PeerLost += _ => lost.Set());
        Assert.False(lost.Wait(TimeSpan.FromMilliseconds(1200)));
        Fleet.Each(groups, group => group.Gather(1, 0, []));
    }

    [Fact]
    public void Who_aborts_is_not_held_lost_but_everybody_s_calls_end()
    {
        using var fleet = new Fleet(3);
        var groups = fleet.Enter(fleet.View(1, 3, 1, 1, 1));
        Fleet.Each(groups, group => group.Gather(0, 0, []));
        var lost = 0;
        Array.ForEach(groups, group => group.PeerLost += _ => Interlocked.Increment(ref lost));
        using var waiting = new CountdownEvent(2);
        var errors = Fleet.Together(groups, group =>
        {
            if (group.Self == 0)
            {
                waiting.Wait();
                group.Abort();
            }
            else
            {
                waiting.Signal();
            }

            group.Gather(1, 0, []);
        });
        Assert.All(errors, error => Assert.Empty(Assert.IsType<GroupBrokenException>(error).Suspects));
        Assert.Contains("trainer-0 has ended its part", errors[1]!.Message + errors[2]!.Message, StringComparison.Ordinal);
        Array.ForEach(groups, group => group.Dispose());
        Assert.Equal(0, lost);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Who_has_made_the_last_call_may_leave_while_others_are_still_making_it(bool sharedMemory)
    {
        var vectors = Fleet.Vectors(new Random(1), 4, 300_000);
        var expected = Fleet.SumAlone(vectors);
        for (var trial = 0; trial < 10; trial++)
        {
            using var fleet = new Fleet(4, options => options with { SharedMemory = sharedMemory });
            Fleet.Each(fleet.Enter(fleet.View(1, 4, 1, 1, 1, 1)), group =>
            {
                using (group)
                {
                    using var share = Fleet.Share(group, vectors);
                    var sum = new float[300_000];
                    group.AllReduce(0, share.Partials, sum);
                    Assert.Equal(4, group.Gather(0, 0, new byte[100_000]).Count);
                    group.AllReduce(1, share.Partials, sum);
                    Assert.True(expected.AsSpan().SequenceEqual(sum));
                }
            });
        }
    }

    [Fact]
    public void A_group_of_one_is_connected_at_once()
    {
        using var fleet = new Fleet(1);
        using var group = fleet.Enter(fleet.View(1, 3, 3))[0];
        Assert.True(group.Connected.IsCompletedSuccessfully);
        var part = Assert.Single(group.Gather(0, 5, [1, 2]));
        Assert.Equal(new byte[] { 1, 2 }, part.Payload.ToArray());
    }

    [Fact]
    public async Task An_older_generation_is_refused_with_a_reason_and_a_newer_one_waits_for_its_group()
    {
        using var fleet = new Fleet(2);
        var old = fleet.View(3, 2, 1, 1);
        using var newer = fleet.Nodes[0].Enter(fleet.View(5, 2, 1, 1), 0);
        using var zombie = fleet.Nodes[1].Enter(old, 1);
        var error = await Assert.ThrowsAsync<GroupBrokenException>(() => zombie.Connected.WaitAsync(TimeSpan.FromSeconds(10)));
        Assert.Contains("generation 3 is over, 5 is current: register anew", error.Message, StringComparison.Ordinal);
        Assert.Equal(1, fleet.Nodes[0].Counters.StaleLinks);
        Assert.False(newer.Connected.IsCompleted);

        using var next = fleet.Nodes[1].Enter(fleet.View(6, 2, 1, 1), 1);
        using var met = fleet.Nodes[0].Enter(fleet.View(6, 2, 1, 1), 0);
        await Task.WhenAll(next.Connected, met.Connected).WaitAsync(TimeSpan.FromSeconds(10));
        await Assert.ThrowsAsync<GroupBrokenException>(() => newer.Connected);
        Assert.Throws<InvalidOperationException>(() => fleet.Nodes[0].Enter(fleet.View(5, 2, 1, 1), 0));
    }

    [Fact]
    public void Wrong_parts_and_wrong_views_are_refused_with_what_would_be_right()
    {
        using var fleet = new Fleet(2);
        Assert.Contains(
            "end at micro-batch 3 of 4", Assert.Throws<ArgumentException>(() => fleet.Nodes[0].Enter(fleet.View(1, 4, 2, 1), 0)).Message,
            StringComparison.Ordinal);
        using var group = fleet.Nodes[0].Enter(fleet.View(1, 4, 2, 2), 0);
        using var tree = new TiMix.Exchange.Reduction.TreeSum(4, 3);
        tree.Add(0, [1, 2, 3]);
        var error = Assert.Throws<ArgumentException>(() => group.AllReduce(0, tree.Partials, new float[3]));
        Assert.Contains("[0, 1)", error.Message, StringComparison.Ordinal);
        Assert.Contains("[0, 2)", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Members_that_do_not_do_the_same_find_out()
    {
        using var fleet = new Fleet(2, options => options with { SharedMemory = false });
        var groups = fleet.Enter(fleet.View(1, 2, 1, 1));
        var vectors = Fleet.Vectors(new Random(1), 2, 100);
        var errors = Fleet.Together(groups, group =>
        {
            if (group.Self == 0)
            {
                group.Gather(4, 0, []);
            }
            else
            {
                group.Gather(5, 0, []);
            }
        });
        Assert.All(errors, error => Assert.IsType<GroupBrokenException>(error));
        Assert.Contains(
            errors,
            error => error!.Message.Contains("gathers step 5", StringComparison.Ordinal) || error.Message.Contains("gathers step 4", StringComparison.Ordinal));
    }
}
