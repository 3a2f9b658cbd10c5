using TiMix.Protocol.Faults;
using TiMix.Protocol.Values;
using TiMix.Runs.Observing;

namespace TiMix.Testing.Live;

/// <summary>
/// Runs over nodes in this process, any of which may come, go or die: the weights at the end are those of the undisturbed run, and
/// what the trainers saw summed proves that nothing was lost or seen twice.
/// </summary>
/// <param name="undisturbed">The run that nothing happens to.</param>
public abstract class LiveRuns(UndisturbedRun undisturbed) : IDisposable
{
    private readonly RecordingObserver _seen = new();

    /// <summary>Of the undisturbed run.</summary>
    protected UndisturbedRun Undisturbed => undisturbed;

    /// <summary>What the runs of this test have told.</summary>
    protected RecordingObserver Seen => _seen;

    /// <summary>Name of this test's run.</summary>
    protected string Name { get; } = "r-" + Guid.NewGuid().ToString("N")[..8];

    /// <summary>Its directory.</summary>
    protected string Path => System.IO.Path.Combine(undisturbed.Data.Runs, Name);

    /// <inheritdoc/>
    public void Dispose()
    {
        _seen.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Runs it to its end and finds nothing lost.</summary>
    private protected async Task<LiveResult> RunAsync(int trainers, string faults, bool resume = false, int spares = 0)
    {
        TestContext.Current.TestOutputHelper?.WriteLine($"{trainers} trainers, faults \"{faults}\"");
        var (started, before) = (TimeProvider.System.GetTimestamp(), Environment.CpuUsage.TotalTime);
        var result = await LiveCluster.RunAsync(Options(resume), trainers, FaultSchedule.Parse(faults), _seen, CancellationToken.None, spares: spares);
        TestContext.Current.TestOutputHelper?.WriteLine($"{TimeProvider.System.GetElapsedTime(started).TotalSeconds:0.00} s, "
            + $"{(Environment.CpuUsage.TotalTime - before).TotalSeconds:0.00} s of the processor\n{string.Join('\n', _seen.Notices)}");
        foreach (var change in result.Examination?.State.Changes ?? [])
        {
            TestContext.Current.TestOutputHelper?.WriteLine(
                $"view {change.View.Generation} from step {change.View.FromStep}{(change.Ahead ? ", ahead" : "")}: {change.Reason}; "
                + (change.InstalledAt == 0 ? "it never began" : $"{change.InstalledAt - change.DetectedAt} ms"));
        }

        AssertFinished(result);
        return result;
    }

    /// <summary>Starts it and asks it to stop after a step.</summary>
    private protected async Task<LiveResult> StopAsync(int trainers, int step)
    {
        using var seen = new RecordingObserver(step);
        return await LiveCluster.RunAsync(Options(resume: false), trainers, FaultSchedule.None, seen, seen.Stop);
    }

    /// <summary>The same weights, and nothing lost or seen twice.</summary>
    private protected void AssertFinished(LiveResult result)
    {
        Assert.True(result.Run.Outcome == RunOutcome.Finished, $"{result.Run.Error}\n{string.Join('\n', _seen.Notices)}");
        Assert.Equal(undisturbed.Fingerprint, result.Run.Fingerprint);
        Assert.True(result.Examination!.Audit.Proven, string.Join('\n', result.Examination.Audit.Problems));
    }

    private protected RunOptions Options(bool resume) => undisturbed.Data.Options(Name, undisturbed.Recipe, resume);
}
