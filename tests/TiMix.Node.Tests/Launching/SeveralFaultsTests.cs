using System.Text.Json.Nodes;
using TiMix.Actors.Nodes;
using TiMix.Protocol.Values;
using TiMix.Testing.Live;

namespace TiMix.Node.Tests.Launching;

/// <summary>Faults of several kinds in one run, and runs that end early and go on.</summary>
public sealed class SeveralFaultsTests(UndisturbedRun undisturbed) : LiveRuns(undisturbed)
{
    [Theory]
    [InlineData(2, "kill:trainer@12,join@20,drain:trainer@28,kill:coordinator@36", Traits = ["suite", "deep"])]
    [InlineData(3, "kill:trainer@12,join@20,drain:trainer@28,hang:trainer@33,kill:mixer@40,kill:coordinator@46,partition:trainer@50/3s,flip:trainer@55")]
    [InlineData(
        3, "kill:trainer@12,join@20,drain:trainer@28,hang:trainer@33,kill:loader@40,partition:trainer@46/3s,flip:trainer@50,kill:coordinator@55",
        Traits = ["suite", "deep"])]
    [InlineData(3, "kill:all@30")]
    public Task Faults_do_not_reach_the_weights(int trainers, string faults) => RunAsync(trainers, faults);

    [Fact]
    [Trait("suite", "deep")]
    public async Task Every_step_stands_in_the_metrics_once_whoever_died()
    {
        await RunAsync(2, "kill:trainer@10,kill:coordinator@20,kill:trainer@30,kill:coordinator@40,kill:trainer@50");
        Assert.Equal(
            Enumerable.Range(1, UndisturbedRun.Steps).Select(step => (long)step),
            File.ReadLines(System.IO.Path.Combine(Path, "metrics.jsonl")).Select(line => JsonNode.Parse(line)!["step"]!.GetValue<long>()));
    }

    [Theory]
    [InlineData(1, Traits = ["suite", "deep"])]
    [InlineData(3)]
    public async Task A_stopped_run_goes_on_with_another_number_of_trainers(int trainers)
    {
        var stopped = await StopAsync(2, 20);
        Assert.Equal(RunOutcome.Stopped, stopped.Run.Outcome);
        var result = await RunAsync(trainers, "", resume: true);
        Assert.Equal(trainers, result.Examination!.State.Changes[^1].View.Shares.Count);
    }

    [Fact]
    [Trait("suite", "deep")]
    public async Task A_stopped_run_goes_on_in_one_node()
    {
        Assert.Equal(RunOutcome.Stopped, (await StopAsync(2, 20)).Run.Outcome);
        var resumed = await TrainingRun.ExecuteAsync(Options(resume: true), Seen, Seen.Stop);
        Assert.Equal((RunOutcome.Finished, Undisturbed.Fingerprint), (resumed.Outcome, resumed.Fingerprint));
    }
}
