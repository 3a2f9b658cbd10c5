using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using TiMix.Base;
using TiMix.Node.Operations;
using TiMix.Protocol.Coordination;
using TiMix.Protocol.Notices;
using TiMix.Protocol.Values;

namespace TiMix.Node.Tests.Operations;

/// <summary>The HTTP interface over a real socket.</summary>
public sealed class OperationsServerTests : IAsyncDisposable
{
    private static readonly string[] Wishes = ["pause", "continue", "snapshot", "stop"];
    private readonly FakeRun _run = new();

    public async ValueTask DisposeAsync() => await _run.DisposeAsync();

    [Fact]
    public async Task The_state_says_who_is_there_what_each_computes_and_who_is_silent()
    {
        using var client = await _run.ServeAsync();
        _run.Board!.Phase(new RunPhase.StartingNodes(3));
        var starting = await StateAsync(client, state => Text(state["phase"]) == "starting 3 nodes");
        Assert.Equal("starting-nodes", Text(starting["phaseCode"]));
        _run.Board.StepCompleted(FakeRun.Step(12));
        var state = await StateAsync(
            client,
            state => state["nodes"]!.AsArray().Count == 3 && state["step"]!.GetValue<long>() == 12 && Text(state["phase"]) == "training");
        Assert.Equal(
            ("fake", "training", 12, 1300), (Text(state["run"]), Text(state["status"]), state["step"]!.GetValue<long>(), state["steps"]!.GetValue<long>()));
        Assert.Equal(
            ["coordinator True", "trainer-1 True", "trainer-2 False"],
            state["nodes"]!.AsArray().Select(node => $"{node!["name"]} {node["alive"]!.GetValue<bool>()}"));
        Assert.Equal(
            ["trainer-1 0 3", "trainer-2 3 1"], state["trainers"]!.AsArray().Select(trainer => $"{trainer!["node"]} {trainer["first"]} {trainer["count"]}"));
        Assert.Equal(("training", "training"), (Text(state["phase"]), Text(state["phaseCode"])));
        Assert.Equal("trainer-2 joins", Text(state["views"]![0]!["reason"]));
        Assert.Null(state["snapshots"]![0]!["meanRecall"]);
        Assert.Equal((1288 * 0.5, 128.0), (state["etaSeconds"]!.GetValue<double>(), state["samplesPerSecond"]!.GetValue<double>()));
    }

    [Theory]
    [InlineData(RunStatus.New, false, null, "preparing")]
    [InlineData(RunStatus.Running, false, null, "training")]
    [InlineData(RunStatus.Running, false, "0 trainers are here, 1 are needed", "waiting")]
    [InlineData(RunStatus.Running, true, null, "paused")]
    [InlineData(RunStatus.Finished, false, null, "finished")]
    public async Task The_status_is_one_word(RunStatus status, bool held, string? waiting, string expected)
    {
        _run.Cluster = FakeRun.Describe(status, held, waiting is null ? null : new WaitReason(WaitKind.TooFew, 0, 1));
        using var client = await _run.ServeAsync();
        Assert.Equal(waiting, Text((await StateAsync(client, state => Text(state["status"]) == expected))["waiting"]));
    }

    [Fact]
    public async Task A_failed_run_says_why_and_a_stopped_one_is_not_failed()
    {
        using var client = await _run.ServeAsync();
        _run.Cluster = FakeRun.Describe(RunStatus.Stopped) with { StopReason = new StopReason(StopKind.Failed, Said: "the disk is full") };
        Assert.Equal("the disk is full", Text((await StateAsync(client, state => Text(state["status"]) == "failed"))["error"]));
        _run.Cluster = _run.Cluster with { StopReason = StopReason.Requested };
        Assert.Null((await StateAsync(client, state => Text(state["status"]) == "stopped"))["error"]);
    }

    [Fact]
    public async Task Wishes_reach_the_run_and_its_answers_the_asker()
    {
        using var client = await _run.ServeAsync();
        foreach (var wish in Wishes)
        {
            var answer = await (await client.PostAsync($"api/{wish}", null)).Content.ReadFromJsonAsync<OperationsAnswer>();
            Assert.Equal(new OperationsAnswer(true, "done", "pauses"), answer);
        }

        Assert.Equal(HttpStatusCode.OK, (await client.PostAsJsonAsync("api/scale", new { trainers = 3 })).StatusCode);
        _run.Next = new OperationsAnswer(false, "There is no node x; there are y.", "unknown-node") { Unknown = true };
        var unknown = await client.PostAsJsonAsync("api/drain", new { node = "x" });
        Assert.Equal(
            (HttpStatusCode.NotFound, "There is no node x; there are y."),
            (unknown.StatusCode, (await unknown.Content.ReadFromJsonAsync<OperationsAnswer>())!.Text));
        _run.Next = new OperationsAnswer(false, "not now", "paused-already");
        Assert.Equal(HttpStatusCode.Conflict, (await client.PostAsync("api/pause", null)).StatusCode);
        Assert.Equal([.. Wishes, "scale 3", "drain x", "pause"], _run.Asked);
    }

    [Theory]
    [InlineData("api/scale", "")]
    [InlineData("api/scale", "{")]
    [InlineData("api/scale", "{}")]
    [InlineData("api/scale", "{\"trainers\":0}")]
    [InlineData("api/scale", "{\"trainers\":-3}")]
    [InlineData("api/scale", "{\"trainers\":1e9}")]
    [InlineData("api/scale", "{\"trainers\":\"three\"}")]
    [InlineData("api/scale", "[3]")]
    [InlineData("api/drain", "{}")]
    [InlineData("api/drain", "{\"node\":7}")]
    [InlineData("api/drain", "{\"node\":\"\"}")]
    public async Task A_wish_that_cannot_be_read_is_refused_with_a_sentence(string path, string body)
    {
        using var client = await _run.ServeAsync();
        var refused = await client.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/json"));
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        var answer = await refused.Content.ReadFromJsonAsync<OperationsAnswer>();
        Assert.NotEmpty(answer!.Text);
        Assert.Equal("bad-request", answer.Code);
        Assert.Empty(_run.Asked);
    }

    [Fact]
    public async Task An_open_port_shows_everything_and_changes_nothing_without_the_token()
    {
        using var client = await _run.ServeAsync("0.0.0.0");
        Assert.True((await StateAsync(client, _ => true))["control"]!["tokenNeeded"]!.GetValue<bool>());
        foreach (var token in new[] { null, "", "wrong", OperationsFile.Read(_run.Directory)!.Token + "x", OperationsFile.Read(_run.Directory)!.Token[..^1] })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "api/stop");
            if (token is not null)
            {
                request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
            }

            Assert.Equal(HttpStatusCode.Unauthorized, (await client.SendAsync(request)).StatusCode);
        }

        Assert.Empty(_run.Asked);
        client.DefaultRequestHeaders.Add("Authorization", $"Bearer {OperationsFile.Read(_run.Directory)!.Token}");
        Assert.Equal(HttpStatusCode.OK, (await client.PostAsync("api/stop", null)).StatusCode);
        Assert.Equal(["stop"], _run.Asked);
    }

    [Fact]
    public async Task The_printed_address_lets_one_browser_steer_and_holds_no_token()
    {
        using var served = await _run.ServeAsync("0.0.0.0");
        using var client = new HttpClient(new HttpClientHandler { UseCookies = false }) { BaseAddress = served.BaseAddress };
        var (token, url) = (OperationsFile.Read(_run.Directory)!.Token, new Uri(_run.Server!.Url));
        Assert.DoesNotContain(token, _run.Server.Url, StringComparison.Ordinal);
        var code = url.Fragment["#code=".Length..];
        Task<HttpResponseMessage> Trade(string? what) => client.PostAsJsonAsync("api/session", new { code = what });
        Assert.All(
            await Task.WhenAll(Trade(null), Trade(""), Trade(code + "0"), Trade(token)),
            refused => Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode));

        var cookie = Assert.Single((await Trade(code)).Headers.GetValues("Set-Cookie"));
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=strict", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(token, cookie, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Unauthorized, (await Trade(code)).StatusCode);

        async Task<HttpStatusCode> PauseWith(string value)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "api/pause");
            request.Headers.Add("Cookie", value);
            return (await client.SendAsync(request)).StatusCode;
        }

        Assert.Equal(HttpStatusCode.Unauthorized, await PauseWith("timix-session=wrong"));
        Assert.Equal(HttpStatusCode.OK, await PauseWith(cookie.Split(';')[0]));
        Assert.Equal(["pause"], _run.Asked);
    }

    [Fact]
    public async Task Its_health_is_heard_through_connections_that_say_half_a_request()
    {
        using var client = await _run.ServeAsync();
        var halves = new List<TcpClient>();
        try
        {
            for (var i = 0; i < 400; i++)
            {
                var half = new TcpClient();
                halves.Add(half);
                await half.ConnectAsync(client.BaseAddress!.Host, client.BaseAddress.Port);
                await half.GetStream().WriteAsync("GET / HT"u8.ToArray());
            }

            Assert.Equal("live", await client.GetStringAsync("health/live"));
        }
        finally
        {
            halves.ForEach(half => half.Dispose());
        }
    }

    [Theory]
    [InlineData("Host", "evil.example", "GET")]
    [InlineData("Host", "evil.example:80", "POST")]
    [InlineData("Host", "127.0.0.1.evil.example", "POST")]
    [InlineData("Origin", "http://evil.example", "POST")]
    [InlineData("Origin", "null", "POST")]
    [InlineData("Origin", "http://127.0.0.1:1", "POST")]
    public async Task No_page_of_another_origin_reaches_a_run_of_this_machine(string header, string value, string method)
    {
        using var client = await _run.ServeAsync();
        using var request = new HttpRequestMessage(new HttpMethod(method), method == "GET" ? "api/run" : "api/stop");
        request.Headers.TryAddWithoutValidation(header, value);
        Assert.Equal(HttpStatusCode.Forbidden, (await client.SendAsync(request)).StatusCode);
        Assert.Empty(_run.Asked);
    }

    [Fact]
    public async Task The_file_for_the_commands_can_be_read_by_its_owner_alone_and_goes_with_the_server()
    {
        using var client = await _run.ServeAsync();
        Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(_run.Directory.Operations) == (UnixFileMode.UserRead | UnixFileMode.UserWrite));
        await _run.Server!.DisposeAsync();
        Assert.False(File.Exists(_run.Directory.Operations));
    }

    [Fact]
    public async Task A_standby_that_comes_and_goes_leaves_the_way_to_the_one_that_works()
    {
        using var client = await _run.ServeAsync();
        var first = OperationsFile.Read(_run.Directory);
        var board = new RunBoard(_run.Directory, _run, TimeProvider.System);
        await using (await OperationsServer.StartAsync(new IPEndPoint(IPAddress.Loopback, 0), _run.Options, _run.Directory, board, _run))
        {
            Assert.Equal(first, OperationsFile.Read(_run.Directory));
        }

        Assert.Equal(first, OperationsFile.Read(_run.Directory));
        new OperationsFile("http://127.0.0.1:9", 1, "of one that was killed").Write(_run.Directory);
        while (OperationsFile.Read(_run.Directory) != first)
        {
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public void Several_coordinators_that_begin_at_once_do_not_take_the_file_from_each_other()
    {
        Parallel.For(0, 64, number => new OperationsFile($"http://127.0.0.1:{number}", number, "token").Write(_run.Directory));
        Assert.StartsWith("http://127.0.0.1:", OperationsFile.Read(_run.Directory)!.Url, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_run.Directory.Path, "*.unfinished"));
    }

    [Fact]
    public async Task A_port_that_is_taken_is_the_users_mistake()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var board = new RunBoard(_run.Directory, _run, TimeProvider.System);
        var mistake = await Assert.ThrowsAsync<RunError>(
            () => OperationsServer.StartAsync((IPEndPoint)taken.LocalEndpoint, _run.Options, _run.Directory, board, _run));
        Assert.Contains("--http off", mistake.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_stream_begins_with_the_state_and_brings_every_new_step_evaluation_and_notice_once()
    {
        using var client = await _run.ServeAsync();
        _run.Board!.StepCompleted(FakeRun.Step(1));
        _run.Board.Notice(new Notice.FaultsOver());
        await using var stream = await client.GetStreamAsync("api/stream");
        using var events = new StreamReader(stream);
        Assert.Equal("run", (await NextAsync(events)).Kind);
        _run.Board.StepCompleted(FakeRun.Step(2));
        _run.Board.StepCompleted(FakeRun.Step(3, double.NaN));
        _run.Board.Notice(new Notice.EvaluationFailed(2, "told \"once\" – ünïcode"));
        _run.Board.Evaluated(new EvaluationReport(3, [new SplitEvaluation("test", 10, new Dictionary<string, double> { ["meanRecall"] = 12.5 })]));
        var seen = new Dictionary<string, JsonNode>();
        while (seen.Count < 3)
        {
            var (kind, data) = await NextAsync(events);
            if (kind != "run")
            {
                Assert.True(seen.TryAdd(kind, data), $"{kind} twice");
            }
        }

        Assert.Equal("[2,3]", seen["metrics"]["steps"]!.ToJsonString());
        Assert.Equal("[2,null]", seen["metrics"]["loss"]!.ToJsonString());
        Assert.Equal("The evaluation of step 2 failed: told \"once\" – ünïcode", Text(seen["notice"]["text"]));
        Assert.Equal(("warning", "evaluation-failed"), (Text(seen["notice"]["level"]), Text(seen["notice"]["code"])));
        Assert.Equal(12.5, seen["evaluation"]["splits"]![0]!["metrics"]!["meanRecall"]!.GetValue<double>());
        await _run.Server!.DisposeAsync();
        while (await NextAsync(events) is var (kind, _) && kind != "end")
        {
        }
    }

    [Fact]
    public async Task It_is_live_at_once_and_ready_when_the_coordinator_answers()
    {
        _run.Cluster = null;
        using var client = await _run.ServeAsync();
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("health/live")).StatusCode);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await client.GetAsync("health/ready")).StatusCode);
        Assert.Equal("preparing", Text((await StateAsync(client, _ => true))["status"]));
        _run.Cluster = FakeRun.Describe();
        await StateAsync(client, state => Text(state["status"]) == "training");
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("health/ready")).StatusCode);
    }

    [Fact]
    public async Task Prometheus_and_OpenAPI_are_served()
    {
        using var client = await _run.ServeAsync();
        _run.Board!.StepCompleted(FakeRun.Step(12, 2.5));
        await StateAsync(client, state => state["nodes"]!.AsArray().Count == 3);
        var metrics = await client.GetStringAsync("metrics");
        Assert.Contains(metrics.Split('\n'), line => line.StartsWith("timix_loss", StringComparison.Ordinal)
            && line.Contains("run=\"fake\"", StringComparison.Ordinal) && line.EndsWith(" 2.5", StringComparison.Ordinal));
        Assert.Contains(metrics.Split('\n'), line => line.StartsWith("timix_node_alive", StringComparison.Ordinal)
            && line.Contains("node=\"trainer-2\"", StringComparison.Ordinal) && line.EndsWith(" 0", StringComparison.Ordinal));
        var paths = JsonNode.Parse(await client.GetStringAsync("openapi/v1.json"))!["paths"]!.AsObject().Select(path => path.Key);
        Assert.Superset(
            new HashSet<string>
            {
                "/api/run",
                "/api/metrics",
                "/api/stream",
                "/api/scale",
                "/api/drain",
                "/api/pause",
                "/api/continue",
                "/api/snapshot",
                "/api/stop",
            }, paths.ToHashSet());
    }

    [Fact]
    public async Task Whatever_is_sent_to_the_port_the_next_one_is_answered()
    {
        using var client = await _run.ServeAsync();
        var seed = 20261125;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var chance = new Random(seed);
        string[] words =
        [
            "GET", "POST", "PUT", "api", "/api/run", "/api/scale", "/api/metrics?points=-1", "/api/metrics?from=99999999999999999999", "%00", "..",
            "/assets/../../etc/passwd", "HTTP/1.1", "HTTP/9", "\r\n", "\r\n\r\n", "Host: localhost", "Content-Length: -5", "Content-Length: 99999999",
            "Transfer-Encoding: chunked", "{\"trainers\":", "\0", "é",
        ];
        for (var i = 0; i < 200; i++)
        {
            using var socket = new TcpClient();
            await socket.ConnectAsync(IPAddress.Loopback, client.BaseAddress!.Port);
            var bytes = chance.Next(3) == 0 ? RandomBytes(chance) : Encoding.UTF8.GetBytes(
                string.Join(chance.Next(2) == 0 ? " " : "", Enumerable.Range(0, chance.Next(1, 12)).Select(_ => words[chance.Next(words.Length)])));
            try
            {
                await socket.GetStream().WriteAsync(bytes);
                socket.Client.Shutdown(SocketShutdown.Send);
            }
            catch (Exception error) when (error is IOException or SocketException)
            {
                // It hung up: its good right.
            }
        }

        Assert.Equal("fake", Text((await StateAsync(client, _ => true))["run"]));
        Assert.Empty(_run.Asked);
    }

    [Fact]
    public async Task A_body_that_is_too_large_is_refused()
    {
        using var client = await _run.ServeAsync();
        var refused = await client.PostAsync("api/drain", new StringContent($"{{\"node\":\"{new string('x', 10_000)}\"}}", Encoding.UTF8, "application/json"));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, refused.StatusCode);
        Assert.Empty(_run.Asked);
    }

    private static byte[] RandomBytes(Random chance)
    {
        var bytes = new byte[chance.Next(1, 300)];
        chance.NextBytes(bytes);
        return bytes;
    }

    private static string? Text(JsonNode? node) => node?.GetValue<string>();

    /// <summary>The first state that fits: the coordinator is asked once a second.</summary>
    private static async Task<JsonNode> StateAsync(HttpClient client, Func<JsonNode, bool> fits)
    {
        await using var stream = await client.GetStreamAsync("api/stream");
        using var events = new StreamReader(stream);
        while (true)
        {
            if (await NextAsync(events) is ("run", var state) && fits(state))
            {
                return state;
            }
        }
    }

    private static async Task<(string Kind, JsonNode Data)> NextAsync(StreamReader events)
    {
        var (kind, data) = ("", "");
        while (await events.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            if (line.Length == 0 && data.Length > 0)
            {
                return (kind, JsonNode.Parse(data)!);
            }

            kind = line.StartsWith("event: ", StringComparison.Ordinal) ? line[7..] : kind;
            data += line.StartsWith("data: ", StringComparison.Ordinal) ? line[6..] : "";
        }

        throw new EndOfStreamException();
    }
}
