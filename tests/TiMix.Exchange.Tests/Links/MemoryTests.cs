namespace TiMix.Exchange.Tests.Links;

/// <summary>What links and groups hold, and for how long. Not beside other tests: they look at the whole process.</summary>
[CollectionDefinition(nameof(MemoryTests), DisableParallelization = true)]
public sealed class MemoryCollection;

[Collection(nameof(MemoryTests))]
public sealed class MemoryTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Five_hundred_rounds_leave_memory_as_it_was(bool sharedMemory)
    {
        const int length = 200_000;
        using var fleet = new Fleet(3, options => options with { SharedMemory = sharedMemory });
        var groups = fleet.Enter(fleet.View(1, 6, 2, 2, 2));
        var vectors = Fleet.Vectors(new Random(1), 6, length);
        var shares = groups.Select(group => Fleet.Share(group, vectors)).ToArray();
        var parts = shares.Select(share => share.Partials).ToArray();
        var sums = groups.Select(_ => new float[length]).ToArray();
        var payload = new byte[50_000];
        void Rounds(int count) => Fleet.Each(groups, group =>
        {
            for (var round = 0; round < count; round++)
            {
                group.Gather(round, 0, payload);
                group.AllReduce(round, parts[group.Self], sums[group.Self]);
            }
        });

        Rounds(50);
        var largest = fleet.Nodes.Max(node => node.Pool.Peak);
        var before = GC.GetTotalAllocatedBytes(precise: true);
        Rounds(500);
        var perRound = (GC.GetTotalAllocatedBytes(precise: true) - before) / (500.0 * groups.Length);
        TestContext.Current.TestOutputHelper?.WriteLine($"{perRound:0} managed bytes a round and member");
        Assert.True(perRound < 2000, $"{perRound} bytes a round and member");
        Assert.All(fleet.Nodes, node => Assert.Equal(0, node.Pool.InUse));
        Assert.True(fleet.Nodes.Max(node => node.Pool.Peak) <= Math.Max(2 * largest, 4L << 20));
        Array.ForEach(groups, group => group.Dispose());
        Array.ForEach(shares, share => share.Dispose());
    }

    [Fact]
    public void A_disposed_group_leaves_neither_mapped_memory_nor_handles()
    {
        // What other tests left without disposing it.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var (maps, handles) = (Maps(), Handles());
        using var fleet = new Fleet(3);
        var groups = fleet.Enter(fleet.View(1, 3, 1, 1, 1));
        var vectors = Fleet.Vectors(new Random(1), 3, 5000);
        Fleet.Each(groups, group =>
        {
            using var share = Fleet.Share(group, vectors);
            group.AllReduce(0, share.Partials, new float[5000]);
        });
        Assert.True(groups[0].UsesSharedMemory);
        Assert.True(Maps() > maps);
        Array.ForEach(groups, group => group.Dispose());
        Assert.True(Maps() <= maps);
        Assert.True(Handles() <= handles);
    }

    [Fact]
    public void Where_one_member_cannot_look_into_the_others_all_go_over_the_links()
    {
        var index = 0;
        using var fleet = new Fleet(3, options => index++ == 1 ? options with { ProcessDirectory = "/nowhere" } : options);
        var groups = fleet.Enter(fleet.View(1, 5, 2, 2, 1));
        var vectors = Fleet.Vectors(new Random(1), 5, 5000);
        var expected = Fleet.SumAlone(vectors);
        Fleet.Each(groups, group =>
        {
            using var share = Fleet.Share(group, vectors);
            var sum = new float[5000];
            group.AllReduce(0, share.Partials, sum);
            Assert.False(group.UsesSharedMemory);
            Assert.Equal(expected, sum);
        });
        Array.ForEach(groups, group => group.Dispose());
    }

    [Fact]
    public void A_process_that_lags_behind_holds_no_more_than_its_bound_and_nobody_is_held_silent()
    {
        const int length = 4_000_000;
        const long bound = 2 << 20;
        using var fleet = new Fleet(3, options => options with { SharedMemory = false, BufferBytes = bound, Lease = TimeSpan.FromMilliseconds(400) });
        var groups = fleet.Enter(fleet.View(1, 3, 1, 1, 1));
        var vectors = Fleet.Vectors(new Random(1), 3, length);
        var expected = Fleet.SumAlone(vectors);
        using var lost = new ManualResetEventSlim();
        Array.ForEach(groups, group => group.PeerLost += _ => lost.Set());
        Fleet.Each(groups, group =>
        {
            using var share = Fleet.Share(group, vectors);
            if (group.Self == 0)
            {
                // Longer than the lease, while the others send it their pieces.
                Assert.False(lost.Wait(TimeSpan.FromMilliseconds(1500)));
            }

            var sum = new float[length];
            group.AllReduce(0, share.Partials, sum);
            Assert.True(expected.AsSpan().SequenceEqual(sum));
        });

        // The pieces of the chunk that is being summed are let through in any case.
        Assert.All(fleet.Nodes, node => Assert.InRange(node.Pool.Peak, 1, bound + (2 << 20)));
        Array.ForEach(groups, group => group.Dispose());
    }

    private static int Handles() => Directory.GetFiles("/proc/self/fd")
        .Count(path => new FileInfo(path).LinkTarget is { } target && target.Contains("memfd:timix", StringComparison.Ordinal));

    private static int Maps() => File.ReadLines("/proc/self/maps").Count(line => line.Contains("memfd:timix", StringComparison.Ordinal));
}
