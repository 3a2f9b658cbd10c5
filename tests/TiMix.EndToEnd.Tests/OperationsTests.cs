using System.Text.Json.Nodes;

namespace TiMix.EndToEnd.Tests;

/// <summary>A real run that is watched and steered by the commands: whatever is wished, the weights are those of the undisturbed run.</summary>
[Trait("suite", "deep")]
public sealed class OperationsTests(ElasticRuns.Undisturbed undisturbed) : ElasticRuns(undisturbed)
{
    [Fact]
    public async Task A_run_is_paused_scaled_drained_and_set_going_again_and_ends_with_the_same_weights()
    {
        using var run = TimixProcess.Elastic(Runs, "run", "--threads", "1", "--trainers", "2");
        await run.StepAsync(5);
        Assert.Contains("hold still", await SayAsync(0, "pause"), StringComparison.Ordinal);
        var paused = await StateAsync(
            state => Text(state["status"]) == "paused" && state["trainers"]!.AsArray().All(trainer => Text(trainer!["phase"]) == "Stopped"));
        var step = paused["trainers"]!.AsArray().Select(trainer => trainer!["applied"]!.GetValue<long>()).Distinct().Single();
        Assert.Contains("paused already", await SayAsync(2, "pause"), StringComparison.Ordinal);
        Assert.Contains($"step {step}", await SayAsync(0, "snapshot"), StringComparison.Ordinal);
        await StateAsync(state => state["snapshots"]!.AsArray().Any(snapshot => snapshot!["step"]!.GetValue<long>() == step));
        Assert.Contains("trainer-3", await SayAsync(0, "scale", "trainers=3"), StringComparison.Ordinal);
        await StateAsync(state => state["trainers"]!.AsArray().Count == 3);
        Assert.Contains("trainer-1, trainer-2, trainer-3", await SayAsync(2, "drain", "trainer-7"), StringComparison.Ordinal);
        Assert.Contains($"after step {step}", await SayAsync(0, "continue"), StringComparison.Ordinal);
        Assert.Contains("leaves", await SayAsync(0, "drain", "trainer-1"), StringComparison.Ordinal);
        Assert.True(await run.ExitAsync() == 0, run.Output);
        Assert.True(Expected == TimixProcess.Fingerprint(Runs, "run"), run.Output);
        AssertAudited("run");
        Assert.False(File.Exists(Path.Combine(Runs, "run", "operations.json")));
        Assert.Contains("trainer-1 has left", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_in_one_process_is_paused_and_stopped_and_resumed_and_cannot_be_scaled()
    {
        using (var run = TimixProcess.Elastic(Runs, "run", "--threads", "1"))
        {
            await run.StepAsync(5);
            await SayAsync(0, "pause");
            await StateAsync(state => Text(state["status"]) == "paused");
            Assert.Contains("--trainers", await SayAsync(2, "scale", "trainers=2"), StringComparison.Ordinal);
            Assert.Contains("timix resume", await SayAsync(0, "stop"), StringComparison.Ordinal);
            Assert.True(await run.ExitAsync() == 0, run.Output);
        }

        using var resumed = TimixProcess.Resume(Runs, "run", "--threads", "1");
        Assert.True(await resumed.ExitAsync() == 0, resumed.Output);
        Assert.Equal(Expected, TimixProcess.Fingerprint(Runs, "run"));
    }

    private static string? Text(JsonNode? node) => node?.GetValue<string>();

    private async Task<string> SayAsync(int code, params string[] arguments)
    {
        using var command = TimixProcess.Start([.. arguments, "--run", "run", "--runs-dir", Runs]);
        Assert.True(await command.ExitAsync() == code, command.Output);
        return command.Output;
    }

    private Task<JsonNode> StateAsync(Func<JsonNode, bool> fits) => LiveRun.Of(Runs, "run").StateAsync(fits);
}
