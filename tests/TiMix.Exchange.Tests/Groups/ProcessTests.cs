using System.Diagnostics;
using TiMix.Exchange.Groups;

namespace TiMix.Exchange.Tests.Groups;

/// <summary>Members in processes of their own, killed as the kernel kills.</summary>
public sealed class ProcessTests
{
    private const int Length = 1_000_000;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_killed_process_is_named_at_once_and_leaves_no_memory_behind(bool sharedMemory)
    {
        using var fleet = new Fleet(1, options => options with { Token = "benchmark", SharedMemory = sharedMemory });
        var before = Directory.GetFiles("/dev/shm");
        using var child = Start(sharedMemory);
        var endpoints = new[] { fleet.Nodes[0].Endpoint, child.StandardOutput.ReadLine()! };
        child.StandardInput.WriteLine(string.Join(' ', endpoints));
        var group = fleet.Nodes[0].Enter(
            new GroupView("benchmark", 1, [.. endpoints.Select((endpoint, index) => new GroupMember($"m{index}", endpoint, index, 1))], 2), 0);
        using var tree = new TiMix.Exchange.Reduction.TreeSum(2, Length);
        tree.Add(0, new float[Length]);
        var sum = new float[Length];
        var watch = new Stopwatch();
        var error = Assert.Throws<GroupBrokenException>((Action)(() =>
        {
            for (var round = -5; ; round++)
            {
                group.Gather(round, 0, []);
                group.AllReduce(round, tree.Partials, sum);
                Assert.Equal(-1, sum.AsSpan().IndexOfAnyExcept(2f));
                Assert.Equal(sharedMemory, group.UsesSharedMemory);
                if (round == 5)
                {
                    watch.Start();
                    child.Kill();
                }
            }
        }));
        Assert.Equal("m1", Assert.Single(error.Suspects).Member);
        Assert.True(watch.ElapsedMilliseconds < 2000, $"{watch.ElapsedMilliseconds} ms");
        child.WaitForExit();
        group.Dispose();
        Assert.Equal(before, Directory.GetFiles("/dev/shm"));
    }

    private static Process Start(bool sharedMemory)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        var arguments =
            $"{Path.Combine(AppContext.BaseDirectory, "TiMix.Exchange.Benchmarks.dll")} member 1 2 4 --forever{(sharedMemory ? "" : " --no-shared-memory")}";
        Array.ForEach(arguments.Split(' '), start.ArgumentList.Add);
        return Process.Start(start)!;
    }
}
