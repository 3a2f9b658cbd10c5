using System.Net;
using System.Net.Sockets;

namespace TiMix.EndToEnd.Tests;

/// <summary>What a user does wrong: one line that says what would be right, exit code 2, nothing written.</summary>
public sealed class MistakeTests : IDisposable
{
    private readonly string _runs = Directory.CreateTempSubdirectory("timix-mistakes-").FullName;

    public void Dispose() => Directory.Delete(_runs, recursive: true);

    [Theory]
    [InlineData("--set optimization.learningrte=1", "did you mean \"optimization.learningRate\"")]
    [InlineData("--set optimization.microBatchSize=7", "must be even")]
    [InlineData("--set mix.method=magic", "timix")]
    [InlineData("--set optimization.steps=many", "whole number")]
    [InlineData("--set model.preset=huge", "clip-b16")]
    [InlineData("--set model.patchSize=7", "multiple of patchSize")]
    [InlineData("--set data.train=nowhere-{000..002}.tar", "nowhere-000.tar")]
    [InlineData("--set data.vocabulary=nowhere.txt", "nowhere.txt")]
    [InlineData("--set optimization.microBatches=4000", "8000")]
    [InlineData("--threads 0", "1 or more")]
    [InlineData("--frobnicate", "frobnicate")]
    public async Task A_mistake_is_named_in_one_line_and_nothing_is_written(string arguments, string expected)
    {
        using var run = TimixProcess.Train(_runs, "wrong", arguments.Split(' '));
        Assert.True(await run.ExitAsync() == 2, run.Output);
        Assert.Contains(expected, run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", run.Output, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_runs));
    }

    [Fact]
    public async Task A_name_that_leads_elsewhere_is_refused()
    {
        using var run = TimixProcess.Train(_runs, "../elsewhere");
        Assert.Equal(2, await run.ExitAsync());
        Assert.Contains("plain file name", run.Output, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_runs));
    }

    [Fact]
    public async Task A_run_that_is_not_there_is_said_with_those_that_are()
    {
        Directory.CreateDirectory(Path.Combine(_runs, "other"));
        using var run = TimixProcess.Resume(_runs, "missing");
        Assert.Equal(2, await run.ExitAsync());
        Assert.Contains("there is no run \"missing\"", run.Output, StringComparison.Ordinal);
        Assert.Contains("other", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_that_somebody_else_listens_on_is_named()
    {
        using var somebody = new TcpListener(IPAddress.Loopback, 0);
        somebody.Start();
        using var node = TimixProcess.StartShell(
            "env", ["TIMIX_TOKEN=of-this-test-alone", "dotnet", TimixProcess.Program, "node", "--name", "late", "--roles", "trainer", "--listen",
                somebody.LocalEndpoint.ToString()!, "--join", "127.0.0.1:1", "--run", "run", "--runs-dir", _runs]);
        Assert.True(await node.ExitAsync() == 2, node.Output);
        Assert.Contains($"the node cannot listen on {somebody.LocalEndpoint}", node.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", node.Output, StringComparison.Ordinal);
    }
}
