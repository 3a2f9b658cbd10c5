namespace TiMix.EndToEnd.Tests;

[Trait("suite", "deep")]
public sealed class ExperimentTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("timix-experiment-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task An_experiment_killed_in_the_middle_goes_on_and_reports()
    {
        string[] arguments = ["experiment", "quick", "--dir", _directory, "--data-dir", TimixProcess.DataDirectory, "--jobs", "2"];
        string finished;
        using (var first = TimixProcess.Start(arguments))
        {
            finished = await first.LineAsync(line => line.Contains("10pct-30-s1 finished", StringComparison.Ordinal));
            await first.KillAsync();
        }

        var kept = finished.Split(' ')[1];
        using var second = TimixProcess.Start(arguments);
        Assert.True(await second.ExitAsync() == 0, second.Output);
        Assert.DoesNotContain($"{kept} begins", second.Output, StringComparison.Ordinal);
        Assert.DoesNotContain($"{kept} goes on", second.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("INCOMPLETE", second.Output, StringComparison.Ordinal);
        Assert.Contains("4 of 4 done", second.Output, StringComparison.Ordinal);
        Assert.Contains("timix - none:", second.Output, StringComparison.Ordinal);
        Assert.Contains(
            "| timix − none | 2 |", await File.ReadAllTextAsync(Path.Combine(_directory, "report", "report.md"), TestContext.Current.CancellationToken),
            StringComparison.Ordinal);
    }
}
