using TiMix.Node.Commands;
using TiMix.Runs.Recipes;

namespace TiMix.Node.Tests.Commands;

/// <summary>What the user may get wrong about nodes and clusters: all of it is named, and nothing is started or written.</summary>
public sealed class NodeCommandTests
{
    [Theory]
    [InlineData("node --run a --roles trianer --join 127.0.0.1:4053", "one or more of trainer, mixer, loader, evaluator, coordinator")]
    [InlineData("node --run a --roles trainer", "--join the address of one of its nodes")]
    [InlineData("node --run a --roles trainer --join 127.0.0.1", "HOST:PORT")]
    [InlineData("node --run a --roles trainer --join 127.0.0.1:0", "HOST:PORT")]
    [InlineData("node --run a --roles trainer --join 127.0.0.1:4053 --listen 127.0.0.1:70000", "HOST:PORT")]
    [InlineData("node --run a --roles trainer --join 127.0.0.1:4053 --recipe sample", "for the node with the role coordinator")]
    [InlineData("node --run a --roles coordinator --recipe sample --continue", "give one of them")]
    [InlineData("node --run a --roles trainer --join 127.0.0.1:4053 --device gpu", "cuda:N")]
    [InlineData("node --run a --roles trainer --join 127.0.0.1:4053 --name ../x", "letters, digits")]
    [InlineData("node --run a --roles trainer --join 127.0.0.1:4053 --token-file /no/such/file", "there is no file /no/such/file")]
    [InlineData("node --run a --roles trainer --join 127.0.0.1:4053 --token-file /dev/null", "TIMIX_TOKEN")]
    [InlineData("node --roles trainer", "--run")]
    [InlineData("train --loaders 2", "--loaders is for a cluster; say also how many --trainers")]
    [InlineData("train --faults join@3", "--faults is for a cluster")]
    [InlineData("train --trainers 0", "--trainers is 0; it must be 1 or more")]
    [InlineData("train --trainers 2 --mixers 0", "--mixers is 0; it must be 1 or more")]
    [InlineData("train --trainers 2 --lease 0.1", "from 1 to 600 seconds")]
    [InlineData("train --trainers 2 --faults explode:trainer@3", "must be one of kill, join")]
    [InlineData("train --trainers 2 --faults random:often", "random:7")]
    [InlineData("chaos --trainers 2 --every 0", "larger than 0")]
    [InlineData("audit no-such-run", "there is no run \"no-such-run\"")]
    public async Task A_mistake_is_named_in_one_line(string arguments, string expected)
    {
        var runs = Directory.CreateTempSubdirectory("timix-mistakes-").FullName;
        try
        {
            (await Cli.RunAsync([.. arguments.Split(' '), "--runs-dir", runs, "--data-dir", Path.Combine(runs, "sample")])).IsMistake(expected);
            Assert.Empty(Directory.GetFileSystemEntries(runs));
        }
        finally
        {
            Directory.Delete(runs, recursive: true);
        }
    }

    [Fact]
    public void Roles_and_addresses_are_read()
    {
        Assert.Equal(["loader", "mixer"], NodeCommand.ParseRoles("loader, mixer,loader"));
        Assert.Equal(("10.0.0.1", 4053), NodeCommand.ParseAddress("--join", "10.0.0.1:4053", 1));
        Assert.Equal(("node.example", 0), NodeCommand.ParseAddress("--listen", "node.example:0", 0));
    }

    [Fact]
    public async Task A_run_without_an_audit_says_which_runs_have_one()
    {
        var runs = Directory.CreateTempSubdirectory("timix-mistakes-").FullName;
        try
        {
            Directory.CreateDirectory(Path.Combine(runs, "a"));
            await File.WriteAllTextAsync(Path.Combine(runs, "a", "recipe.json"), RecipeFile.Write(new Recipe()));
            (await Cli.RunAsync("audit", "a", "--runs-dir", runs)).IsMistake("only a run with --trainers");
        }
        finally
        {
            Directory.Delete(runs, recursive: true);
        }
    }
}
