using TiMix.Node.Launching;
using TiMix.Protocol.Launching;
using TiMix.Runs.Observing;
using TiMix.Runs.Recipes;

namespace TiMix.Node.Tests.Launching;

public sealed class NodeArgumentsTests
{
    [Fact]
    public void The_coordinators_process_is_told_of_its_seeds_and_the_trainers_it_needs()
    {
        var options = Options() with { Membership = new() { MinTrainers = 2, StartTrainers = 3, Spares = 1 } };
        string Arguments(LaunchOptions launch, bool begin) =>
            string.Join(' ', NodeArguments.Of(launch.Plan.Nodes[0], launch, new NodePlace(15001, ["127.0.0.1:15000"], begin, "")));
        var always =
            "node --child --name coordinator --roles coordinator --listen 127.0.0.1:15001 --join 127.0.0.1:15000 --run r --runs-dir runs --data-dir data "
            + "--threads 1 " +
            $"--config {NodeArguments.ClusterConfig} --lease 3 --min-trainers 2 --start-trainers 3 --spares 1 --step-deadline 60";
        Assert.Equal(always + " --recipe runs/r/recipe.json", Arguments(options, begin: true));
        Assert.Equal(always + " --continue", Arguments(options with { Run = options.Run with { Resume = true } }, begin: true));
        Assert.Equal(always, Arguments(options, begin: false));
    }

    [Fact]
    public void A_trainers_process_computes_with_the_runs_threads()
    {
        var place = new NodePlace(15002, ["127.0.0.1:15000", "127.0.0.1:15001"], Begin: true, "");
        var arguments = string.Join(' ', NodeArguments.Of(NodePlan.Trainer(4), Options(), place));
        Assert.Contains(
            "--name trainer-4 --roles trainer --listen 127.0.0.1:15002 --join 127.0.0.1:15000,127.0.0.1:15001", arguments, StringComparison.Ordinal);
        Assert.Contains("--threads 5", arguments, StringComparison.Ordinal);
        Assert.DoesNotContain("--continue", arguments, StringComparison.Ordinal);
    }

    private static LaunchOptions Options() =>
        new() { Run = new RunOptions { Name = "r", RunsDirectory = "runs", DataDirectory = "data", Recipe = new Recipe(), Threads = 5 } };
}
