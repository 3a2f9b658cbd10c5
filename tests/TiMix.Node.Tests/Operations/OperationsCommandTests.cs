using System.Net;
using TiMix.Base;
using TiMix.Node.Operations;
using TiMix.Node.Processes;
using TiMix.Protocol.Values;
using TiMix.Runs.Records;

namespace TiMix.Node.Tests.Operations;

/// <summary>The commands against the interface of a run that is served for real.</summary>
public sealed class OperationsCommandTests : IAsyncDisposable
{
    private readonly FakeRun _run = new();

    private string Runs => _run.Options.RunsDirectory;

    public async ValueTask DisposeAsync() => await _run.DisposeAsync();

    [Theory]
    [InlineData("scale trainers=4", "scale 4")]
    [InlineData("drain trainer-2", "drain trainer-2")]
    [InlineData("pause", "pause")]
    [InlineData("continue", "continue")]
    [InlineData("snapshot", "snapshot")]
    [InlineData("stop", "stop")]
    public async Task A_wish_is_told_to_the_only_run_that_goes_on_and_its_answer_shown(string command, string asked)
    {
        using var client = await _run.ServeAsync();
        _run.Next = new OperationsAnswer(true, "This happens next.", "pauses");
        var told = await Cli.RunAsync([.. command.Split(' '), "--runs-dir", Runs]);
        Assert.Equal((ExitCode.Done, "This happens next."), (told.Code, told.Output.Trim()));
        Assert.Equal([asked], _run.Asked);
        _run.Next = new OperationsAnswer(false, "There is no node x; there are y.", "unknown-node") { Unknown = true };
        (await Cli.RunAsync([.. command.Split(' '), "--run", "fake", "--runs-dir", Runs])).IsMistake("there are y");
    }

    [Fact]
    public async Task A_run_on_another_machine_is_told_by_its_address_and_the_token()
    {
        using var client = await _run.ServeAsync("0.0.0.0");
        (await Cli.RunAsync("pause", "--url", client.BaseAddress!.ToString())).IsMistake("token");
        Assert.Equal(ExitCode.Done, (await Cli.RunAsync("pause", "--url", $"{client.BaseAddress}#token={OperationsFile.Read(_run.Directory)!.Token}")).Code);
        Assert.Equal(["pause"], _run.Asked);
    }

    [Theory]
    [InlineData("scale 4", "trainers=")]
    [InlineData("scale trainers=0", "from 1 on")]
    [InlineData("scale trainers=many", "from 1 on")]
    [InlineData("pause --url nonsense", "http://")]
    [InlineData("pause --run nobody", "it holds fake")]
    [InlineData("pause --run fake", "is going on, in a process that cannot be asked: it was started with --http off")]
    [InlineData("pause", "no run goes on")]
    [InlineData("status", "no run goes on")]
    [InlineData("logs fake --node nobody", "there is no log of \"nobody\"")]
    public async Task A_mistake_is_one_sentence(string command, string expected) =>
        (await Cli.RunAsync([.. command.Split(' '), "--runs-dir", Runs])).IsMistake(expected);

    [Fact]
    public async Task A_run_that_is_interrupted_finished_or_without_its_coordinator_is_called_so()
    {
        _run.Directory.Dispose();
        (await Cli.RunAsync("pause", "--run", "fake", "--runs-dir", Runs)).IsMistake("\"timix resume fake --runs-dir");
        Directory.CreateDirectory(Path.Combine(_run.Directory.Path, "audit"));
        File.WriteAllText(Path.Combine(_run.Directory.Path, "audit", "t1.jsonl"), "{}\n");
        (await Cli.RunAsync("pause", "--run", "fake", "--runs-dir", Runs)).IsMistake("the coordinator of run \"fake\" is gone, but its trainers wrote a step");
        File.WriteAllText(_run.Directory.Summary, "{}");
        (await Cli.RunAsync("pause", "--run", "fake", "--runs-dir", Runs)).IsMistake("it is finished");
    }

    [Fact]
    [Trait("suite", "deep")]
    public async Task A_run_that_is_there_and_does_not_answer_is_not_called_gone()
    {
        using var busy = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        busy.Start();
        new OperationsFile($"http://{busy.LocalEndpoint}", 1, "token").Write(_run.Directory);
        (await Cli.RunAsync("status", "--runs-dir", Runs)).IsMistake(
            $"run \"fake\" is there, but whoever serves it at http://{busy.LocalEndpoint} does not answer");
    }

    [Fact]
    public async Task The_status_keeps_its_columns_whatever_a_node_does_and_says_who_coordinates_and_what_stalls()
    {
        _run.Cluster = FakeRun.Describe(waiting: new WaitReason(WaitKind.NoMixer)) with { WaitingFor = 12_400, Leader = "coordinator" };
        _run.Cluster = _run.Cluster with
        {
            Nodes =
            [
                .. _run.Cluster.Nodes,
                new NodeDescription("spare", new NodeVitals(["coordinator", "loader", "evaluator", "mixer"], "host", 41, "cpu", 1, 1, 1, 2), 100),
            ],
        };
        using var client = await _run.ServeAsync();
        while (!(await client.GetStringAsync("api/run")).Contains("spare", StringComparison.Ordinal))
        {
            await Task.Yield();
        }

        var status = (await Cli.RunAsync("status", "--runs-dir", Runs)).Output.Split('\n');
        Assert.Contains("stalled for 12 s: no mixer is there", status);
        var table = status.SkipWhile(line => !line.StartsWith("node ", StringComparison.Ordinal)).TakeWhile(line => line.Length > 0).ToList();
        var column = table[0].IndexOf("process", StringComparison.Ordinal) + "process".Length;
        Assert.All(table.Skip(1), line => Assert.Equal("41", line[(column - 2)..column]));
        Assert.EndsWith("(coordinates)", table.Single(line => line.StartsWith("coordinator ", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.DoesNotContain("(coordinates)", table.Single(line => line.StartsWith("spare ", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("off", null)]
    [InlineData("0", "127.0.0.1:0")]
    [InlineData("8550", "127.0.0.1:8550")]
    [InlineData("localhost:8550", "127.0.0.1:8550")]
    [InlineData("0.0.0.0:80", "0.0.0.0:80")]
    [InlineData("*:80", "0.0.0.0:80")]
    [InlineData("[::1]:8550", "[::1]:8550")]
    public void An_address_is_a_port_or_a_host_and_a_port(string text, string? expected) => Assert.Equal(expected, HttpOption.Parse(text)?.ToString());

    [Theory]
    [InlineData("")]
    [InlineData("on")]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1:70000")]
    [InlineData("example.org:80")]
    public void Whatever_is_no_address_is_refused(string text) =>
        Assert.Contains("0.0.0.0:8550", Assert.Throws<RunError>(() => HttpOption.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public async Task The_status_shows_nodes_shares_and_who_is_silent()
    {
        using var client = await _run.ServeAsync();
        _run.Board!.StepCompleted(FakeRun.Step(12));
        while (!(await client.GetStringAsync("api/run")).Contains("trainer-2", StringComparison.Ordinal))
        {
            await Task.Yield();
        }

        var status = await Cli.RunAsync("status", "--runs-dir", Runs);
        Assert.Equal(ExitCode.Done, status.Code);
        Assert.Contains("fake (sample)  training  step 12/1300 (1 %)", status.Output, StringComparison.Ordinal);
        Assert.Contains(
            status.Output.Split('\n'),
            line => line.StartsWith("trainer-1", StringComparison.Ordinal) && line.EndsWith("0–2, step 12", StringComparison.Ordinal));
        Assert.Contains(
            status.Output.Split('\n'), line => line.StartsWith("trainer-2", StringComparison.Ordinal) && line.EndsWith("(silent)", StringComparison.Ordinal));
        var json = await Cli.RunAsync("status", "--json", "--run", "fake", "--runs-dir", Runs);
        Assert.Equal(12, System.Text.Json.Nodes.JsonNode.Parse(json.Output)!["step"]!.GetValue<long>());
    }

    [Fact]
    public async Task Runs_are_listed_with_what_each_is_at()
    {
        using (var records = new RunRecords(_run.Directory))
        {
            records.Open();
            records.Add(FakeRun.Step(1), []);
            records.Add(FakeRun.Step(2), []);
            records.Add(new EvaluationReport(1, [new SplitEvaluation("validation", 10, new Dictionary<string, double> { ["meanRecall"] = 12.5 })]));
            records.Add(new EvaluationReport(2, [new SplitEvaluation("validation", 10, new Dictionary<string, double> { ["meanRecall"] = 11.5 })]));
        }

        string[] Line(Cli cli) => Assert.Single(cli.Output.Split('\n'), line => line.StartsWith("fake", StringComparison.Ordinal))
            .Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["fake", "going", "on", "2/1300", "12.50", "%"], Line(await Cli.RunAsync("runs", "--runs-dir", Runs))[..6]);
        using (var client = await _run.ServeAsync())
        {
            _run.Cluster = FakeRun.Describe(held: true);
            while (Line(await Cli.RunAsync("runs", "--runs-dir", Runs))[1] != "paused")
            {
                await Task.Yield();
            }
        }

        await _run.Server!.DisposeAsync();
        _run.Directory.Dispose();
        Assert.Equal("interrupted", Line(await Cli.RunAsync("runs", "--runs-dir", Runs))[1]);
        File.WriteAllText(_run.Directory.Summary, "{}");
        Assert.Equal("finished", Line(await Cli.RunAsync("runs", "--runs-dir", Runs))[1]);
        File.WriteAllText(_run.Directory.Recipe, "{ torn");
        Assert.Equal("unreadable", Line(await Cli.RunAsync("runs", "--runs-dir", Runs))[1]);
        Assert.Contains("no runs", (await Cli.RunAsync("runs", "--runs-dir", Path.Combine(Runs, "nowhere"))).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Logs_are_shown_by_node_and_from_the_end()
    {
        Directory.CreateDirectory(Path.Combine(_run.Directory.Path, "nodes"));
        File.WriteAllText(_run.Directory.Log, "of the run\n");
        File.WriteAllLines(Path.Combine(_run.Directory.Path, "nodes", "trainer-1.log"), ["one", "two", "three"]);
        File.WriteAllText(Path.Combine(_run.Directory.Path, "nodes", "trainer-1.akka.txt"), "of the cluster\n");
        var all = await Cli.RunAsync("logs", "fake", "--lines", "2", "--runs-dir", Runs);
        Assert.Equal(
            ["of the run", "two", "three", "of the cluster"],
            all.Output.Split('\n').Where(line => line.Length > 0 && !line.StartsWith("==", StringComparison.Ordinal)));
        var one = await Cli.RunAsync("logs", "fake", "--node", "trainer-1", "--runs-dir", Runs);
        Assert.Equal(["one", "two", "three"], one.Output.Split('\n').Skip(1).Where(line => line.Length > 0));
    }
}
