using TiMix.Learning.Model;
using TiMix.Node.Processes;
using TiMix.Runs.Recipes;

namespace TiMix.Node.Tests.Processes;

/// <summary>What a run in a process of its own does when it is told to end.</summary>
public sealed class StopSignalTests : IDisposable
{
    private const int Hangup = 1, Interrupt = 2, Killed = 9;
    private readonly TinyData _data = new();

    public StopSignalTests()
    {
        // Steps that keep native threads busy; each of so few is told.
        var recipe = _data.Recipe with
        {
            Model = new ModelRecipe { ImageSize = 64 },
            Optimization = _data.Recipe.Optimization with { Steps = 40 },
            Run = _data.Recipe.Run with { EvaluateEvery = 0 },
        };
        File.WriteAllText(_data.In("r.json"), RecipeFile.Write(recipe with
        {
            Data = recipe.Data with { Train = "train.tar", Validation = "", Tests = new Dictionary<string, string>(), Vocabulary = "vocab.txt" },
        }));
    }

    public void Dispose() => _data.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true, Traits = ["suite", "deep"])]
    public async Task A_terminal_that_closes_lets_the_run_finish_its_step_and_go_on_from_anywhere(bool alsoTerminated)
    {
        using (var run = new RealTimix(_data.Root, "train", "r.json", "--run", "r", "--http", "off", "--threads", "2"))
        {
            await run.LineAsync("step ");
            run.Signal(alsoTerminated ? [Signals.Terminate, Hangup] : [Hangup, Hangup]);
            Assert.True(await run.ExitAsync() == ExitCode.Done, run.Output);
            Assert.Contains("Go on by: timix resume r", run.Output, StringComparison.Ordinal);
        }

        Assert.NotEmpty(Directory.GetDirectories(_data.In("runs", "r", "snapshots"), "step-????????"));
        Assert.False(File.Exists(_data.In("runs", "r", "summary.json")));
        var elsewhere = Directory.CreateDirectory(_data.In("elsewhere")).FullName;
        using var resumed = new RealTimix(elsewhere, "resume", "r", "--runs-dir", _data.Runs, "--http", "off");
        await resumed.LineAsync("step ");
        Assert.DoesNotContain("step 1/40", resumed.Output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(elsewhere, "data", "sample")));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5, Traits = ["suite", "deep"])]
    public async Task A_second_signal_ends_it_at_once_without_a_crash_and_the_run_goes_on(int times)
    {
        string[] begin = ["train", "r.json", "--run", "r"], goOn = ["resume", "r"];
        for (var time = 0; time < times; time++)
        {
            using var run = new RealTimix(_data.Root, [.. time == 0 ? begin : goOn, "--http", "off", "--threads", "2"]);
            await run.LineAsync("step ");
            run.Signal(Interrupt, Signals.Terminate);
            var code = await run.ExitAsync();
            Assert.True(code == ExitCode.Interrupted, $"exit code {code}\n{run.Output}");
            Assert.DoesNotContain("corrupted", run.Output, StringComparison.Ordinal);
            Assert.Empty(Directory.GetFiles(Path.GetTempPath(), $"dotnet-diagnostic-{run.Id}-*"));
        }

        using var last = new RealTimix(_data.Root, [.. goOn, "--http", "off", "--threads", "2"]);
        await last.LineAsync("step ");
        last.Signal(Killed);
        Assert.Equal(128 + Killed, await last.ExitAsync());
    }
}
