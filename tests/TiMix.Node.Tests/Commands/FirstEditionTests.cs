using System.Text.Json.Nodes;
using TiMix.Node.Processes;

namespace TiMix.Node.Tests.Commands;

/// <summary>The commands say of the runs of the version before this one what it said of them.</summary>
public sealed class FirstEditionTests : IDisposable
{
    private readonly FirstEdition _old = new();

    public void Dispose() => _old.Dispose();

    [Theory]
    [InlineData("faulted")]
    [InlineData("stopped")]
    public async Task The_audit_says_the_same(string run)
    {
        var audit = await Cli.RunAsync("audit", run, "--runs-dir", _old.Runs, "--data-dir", _old.Data);
        Assert.Equal((ExitCode.Done, File.ReadAllText(_old.In(run + ".audit"))), (audit.Code, audit.Output));
        var json = await Cli.RunAsync("audit", run, "--json", "--runs-dir", _old.Runs, "--data-dir", _old.Data);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(File.ReadAllText(_old.In(run + ".audit.json"))), JsonNode.Parse(json.Output)), json.Output);
    }

    [Fact]
    public async Task The_list_of_runs_and_the_report_have_them()
    {
        var list = await Cli.RunAsync("runs", "--runs-dir", _old.Runs);
        Assert.Equal(ExitCode.Done, list.Code);
        Assert.Matches(@"faulted +finished +200/200 +100\.00 %", list.Output);
        Assert.Matches(@"stopped +interrupted +39/200", list.Output);
        var report = await Cli.RunAsync("report", "faulted", "--runs-dir", _old.Runs, "--data-dir", _old.Data, "--no-mixes", "--out", _old.In("report.html"));
        Assert.True(report.Code == ExitCode.Done, report.Error);
        Assert.Contains(_old.Fingerprint, File.ReadAllText(_old.In("report.html")), StringComparison.Ordinal);
    }
}
