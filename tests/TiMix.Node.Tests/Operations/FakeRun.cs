using System.Net;
using TiMix.Node.Operations;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Notices;
using TiMix.Protocol.Values;
using TiMix.Runs.Observing;
using TiMix.Runs.Recipes;
using TiMix.Runs.Records;

namespace TiMix.Node.Tests.Operations;

/// <summary>A run without processes, served for real: what is asked of it is written down, and its coordinator says what the test wants.</summary>
internal sealed class FakeRun : IRunControl, IRunObserver, IAsyncDisposable
{
    private readonly string _runs = System.IO.Directory.CreateTempSubdirectory("timix-operations-").FullName;
    private readonly List<string> _asked = [];

    public FakeRun()
    {
        Options = new RunOptions { Name = "fake", RunsDirectory = _runs, DataDirectory = _runs, Recipe = RecipeFile.Load("sample") };
        Directory = RunDirectory.Create(_runs, "fake", RecipeFile.Write(Options.Recipe));
    }

    public RunOptions Options { get; }

    public RunDirectory Directory { get; }

    public RunBoard? Board { get; private set; }

    public OperationsServer? Server { get; private set; }

    /// <summary>What was asked of it, in order.</summary>
    public IReadOnlyList<string> Asked
    {
        get
        {
            lock (_asked)
            {
                return [.. _asked];
            }
        }
    }

    public ClusterDescription? Cluster { get; set; } = Describe();

    public OperationsAnswer Next { get; set; } = new(true, "done", "pauses");

    public string? WhyNotScale => null;

    public static ClusterDescription Describe(RunStatus status = RunStatus.Running, bool held = false, WaitReason? waiting = null, long generation = 3)
    {
        var view = new View(generation, 10, [new Share("a~1", "trainer-1", "tcp://a", 0, 3), new Share("b~1", "trainer-2", "tcp://b", 3, 1)]);
        TrainerStatus Trainer(string id, string node) =>
            new(id, node, 1, "tcp://x", "cpu", TrainerPhase.Running, generation, generation, 12, null, [], false, 0.25);
        NodeDescription Node(string name, long ago, double cpu, params string[] roles) =>
            new(name, new NodeVitals(roles, "host", 41, "cpu", 1, 300L << 20, cpu, 2 * cpu), ago);
        return new ClusterDescription(
            status, held, waiting, 12, generation, 1, null, null, view,
            [Node("coordinator", 200, 5, "coordinator"), Node("trainer-1", 100, 7, "trainer"), Node("trainer-2", 9000, 3, "trainer")],
            [Trainer("a~1", "trainer-1"), Trainer("b~1", "trainer-2")], [new CommittedSnapshot(10, "step-10", "abc", null)],
            [new ViewChange(view, new ViewCause(ViewCauseKind.Joins, "trainer-2"), 1000, 1200, 1500)]);
    }

    public static StepReport Step(long step, double loss = 2) => new(
        step, 100, 0, loss, new(("itc", 1), ("mix", 0.5), ("alignment", 0.25), ("alignmentAccuracy", 0.5)), 0.07, 1e-3, 3, 0.5, 128)
    {
        ComputeSeconds = 0.25,
        ExchangeSeconds = 0.125, UpdateSeconds = 0.0625
    };

    public async Task<HttpClient> ServeAsync(string address = "127.0.0.1")
    {
        Board = new RunBoard(Directory, this, TimeProvider.System);
        Server = await OperationsServer.StartAsync(new IPEndPoint(IPAddress.Parse(address), 0), Options, Directory, Board, this);
        return new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{new Uri(OperationsFile.Read(Directory)!.Url).Port}/") };
    }

    public Task<ClusterDescription?> DescribeAsync(CancellationToken stop) => Task.FromResult(Cluster);

    public Task<OperationsAnswer> ScaleAsync(int trainers) => Ask($"scale {trainers}");

    public Task<OperationsAnswer> DrainAsync(string node) => Ask($"drain {node}");

    public Task<OperationsAnswer> PauseAsync() => Ask("pause");

    public Task<OperationsAnswer> ContinueAsync() => Ask("continue");

    public Task<OperationsAnswer> SnapshotAsync() => Ask("snapshot");

    public Task<OperationsAnswer> StopAsync() => Ask("stop");

    public void StepCompleted(StepReport step)
    {
    }

    public void Evaluated(EvaluationReport evaluation)
    {
    }

    public void SnapshotCommitted(long step, string directory)
    {
    }

    public void Notice(Notice notice)
    {
    }

    public void ViewBegan(ViewChange change)
    {
    }

    public void TrainerLost(string node, LossReason reason)
    {
    }

    public void Phase(RunPhase phase)
    {
    }

    public async ValueTask DisposeAsync()
    {
        if (Server is not null)
        {
            await Server.DisposeAsync();
        }

        Directory.Dispose();
        System.IO.Directory.Delete(_runs, recursive: true);
    }

    private Task<OperationsAnswer> Ask(string what)
    {
        lock (_asked)
        {
            _asked.Add(what);
        }

        return Task.FromResult(Next);
    }
}
