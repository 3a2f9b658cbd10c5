using System.Runtime.ExceptionServices;
using TiMix.Exchange.Groups;
using TiMix.Exchange.Links;
using TiMix.Exchange.Reduction;

namespace TiMix.Exchange.Tests;

/// <summary>Several nodes in this process, and a thread for each member of a group.</summary>
internal sealed class Fleet : IDisposable
{
    public const string Token = "a token of the tests";

    public Fleet(int members, Func<ExchangeOptions, ExchangeOptions>? change = null)
    {
        var options = new ExchangeOptions { Token = Token };
        Nodes = [.. Enumerable.Range(0, members).Select(_ => ExchangeNode.Start(change?.Invoke(options) ?? options))];
    }

    public ExchangeNode[] Nodes { get; }

    /// <summary>Shares as even as can be.</summary>
    public static int[] Even(int microBatches, int members) =>
        [.. Enumerable.Range(0, members).Select(member => (microBatches * (member + 1) / members) - (microBatches * member / members))];

    public GroupView View(long generation, int microBatches, params int[] counts)
    {
        var first = 0;
        var members = new List<GroupMember>();
        foreach (var (count, index) in counts.Select((count, index) => (count, index)))
        {
            members.Add(new GroupMember($"trainer-{index}", Nodes[index].Endpoint, first, count));
            first += count;
        }

        return new GroupView("run", generation, members, microBatches);
    }

    public Group[] Enter(GroupView view) => [.. view.Members.Select((_, index) => Nodes[index].Enter(view, index))];

    /// <summary>Runs one action a member side by side, and throws what any of them threw.</summary>
    public static void Each(Group[] groups, Action<Group> action)
    {
        var errors = Together(groups, action);
        if (Array.Find(errors, error => error is not null) is { } first)
        {
            ExceptionDispatchInfo.Throw(first);
        }
    }

    /// <summary>Runs one action a member side by side; what each threw, or null.</summary>
    public static Exception?[] Together(Group[] groups, Action<Group> action)
    {
        var errors = new Exception?[groups.Length];
        var threads = groups.Select((group, index) => new Thread(() =>
        {
            try
            {
                action(group);
            }
            catch (Exception error)
            {
                errors[index] = error;
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        foreach (var thread in threads)
        {
            Assert.True(thread.Join(TimeSpan.FromSeconds(60)), "a member hangs");
        }

        return errors;
    }

    /// <summary>The partial sums of a member's share; the tree is to be disposed.</summary>
    public static TreeSum Share(Group group, float[][] vectors)
    {
        var member = group.View.Members[group.Self];
        var tree = new TreeSum(vectors.Length, vectors[0].Length);
        for (var leaf = member.First; leaf < member.First + member.Count; leaf++)
        {
            tree.Add(leaf, vectors[leaf]);
        }

        return tree;
    }

    public static float[] SumAlone(float[][] vectors)
    {
        using var tree = new TreeSum(vectors.Length, vectors[0].Length);
        for (var leaf = 0; leaf < vectors.Length; leaf++)
        {
            tree.Add(leaf, vectors[leaf]);
        }

        return tree.Result.ToArray();
    }

    public static float[][] Vectors(Random random, int count, int length) =>
        [.. Enumerable.Range(0, count).Select(_ => Enumerable.Range(0, length).Select(
            _ => (float)(random.NextDouble() - 0.5) * MathF.Pow(10, random.Next(-4, 4))).ToArray())];

    public static int Seed(int? given = null)
    {
        var seed = given ?? Environment.TickCount;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        return seed;
    }

    public void Dispose() => Array.ForEach(Nodes, node => node.Dispose());
}
