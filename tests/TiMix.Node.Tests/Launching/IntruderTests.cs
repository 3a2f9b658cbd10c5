using TiMix.Actors.Nodes;
using TiMix.Node.Launching;
using TiMix.Protocol.Faults;
using TiMix.Testing.Live;

namespace TiMix.Node.Tests.Launching;

/// <summary>One who has the token and is a member says everything to everybody; one who does not have it says nothing to anybody.</summary>
public sealed class IntruderTests(UndisturbedRun undisturbed) : LiveRuns(undisturbed)
{
    [Fact]
    public Task A_member_that_says_everything_to_everybody_changes_nothing() => IntrudeAsync(2_000);

    [Fact]
    [Trait("suite", "deep")]
    public Task A_member_that_says_everything_to_everybody_again_and_again_changes_nothing() => IntrudeAsync(20_000);

    private async Task IntrudeAsync(int messages)
    {
        var canary = Directory.CreateDirectory(Path + "-canary");
        var beside = Beside();
        await File.WriteAllTextAsync(System.IO.Path.Combine(canary.FullName, "file"), "alive");
        NodeOptions? trainer = null;
        LocalLauncher? launcher = null;
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var seen = new RecordingObserver(5);
        await using var told = seen.Stop.Register(() => begun.TrySetResult());
        var run = LiveCluster.RunAsync(
            Options(resume: false), 2, FaultSchedule.None, seen, CancellationToken.None, node => trainer = node.Join.Count > 1 ? node : trainer,
            found => launcher = found);
        await await Task.WhenAny(begun.Task, run);
        await launcher!.Steering!.PauseAsync();
        await using var stranger = new Intruder(trainer!, "another token of some length");
        await using (var intruder = new Intruder(trainer!, trainer!.Token))
        {
            await await Task.WhenAny(intruder.Up, run);
            intruder.SayEverything(messages / 2);
            await launcher.Steering!.ContinueAsync();
            intruder.SayEverything(messages / 2);
            AssertFinished(await run);
        }

        var logs = string.Concat(Directory.GetFiles(System.IO.Path.Combine(Path, "nodes")).Select(File.ReadAllText));
        Assert.All(
            ["] refused 1 message(s) of akka.ssl.tcp://timix@127.0.0.1", "is not sent between nodes was refused"],
            line => Assert.Contains(line, logs, StringComparison.Ordinal));
        Assert.False(stranger.Up.IsCompleted);
        Assert.Equal("alive", await File.ReadAllTextAsync(System.IO.Path.Combine(canary.FullName, "file")));
        Assert.Equal(beside, Beside());
        Assert.Equal([System.IO.Path.Combine(canary.FullName, "file")], Directory.GetFileSystemEntries(canary.FullName));
    }

    /// <summary>What lies where this run lies, but for the runs of tests.</summary>
    private string[] Beside() =>
    [
        .. Directory.GetFileSystemEntries(Undisturbed.Data.Runs)
            .Where(path => !System.IO.Path.GetFileName(path).StartsWith("r-", StringComparison.Ordinal)).Order(),
    ];
}
