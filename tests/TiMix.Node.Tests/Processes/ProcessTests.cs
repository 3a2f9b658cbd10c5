using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using TiMix.Actors.Nodes;
using TiMix.Node.Launching;
using TiMix.Node.Processes;
using TiMix.Protocol.Faults;
using TiMix.Protocol.Launching;

namespace TiMix.Node.Tests.Processes;

/// <summary>What the launcher does with real processes, ports and files of the kernel.</summary>
public sealed class ProcessTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("timix-process-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_child_is_this_program_and_what_it_writes_is_kept()
    {
        var log = Path.Combine(_directory, "nodes", "x.log");
        using var child = await ChildProcess.StartAsync("x", ["recipe", "no-such-recipe"], new Dictionary<string, string>(), log);
        Assert.Equal(2, await child.Exit);
        Assert.Contains("there is no recipe \"no-such-recipe\"", Assert.Single(child.LastLines), StringComparison.Ordinal);
        Assert.Equal(2, File.ReadAllLines(log).Length);
        child.Say("nobody hears this");
        child.Signal(Signals.Kill);
    }

    [Theory]
    [InlineData("/usr/bin/dotnet", "/x/timix.dll", "/usr/bin/dotnet", "/x/timix.dll")]
    [InlineData("/x/timix", "/x/timix.dll", "/x/timix", null)]
    [InlineData("/x/timix", "", "/x/timix", null)]
    [InlineData("/x/TiMix.Node.Tests", "/x/timix.dll", "dotnet", "/x/timix.dll")]
    public void The_program_starts_itself_however_it_was_started(string process, string assembly, string program, string? leading)
    {
        var command = SelfProgram.Of(process, assembly);
        Assert.Equal((program, leading), (command.Program, command.Leading.SingleOrDefault()));
    }

    [Fact]
    public void A_port_is_given_once_and_kept_for_the_node_through_its_restarts()
    {
        using var ports = new ReservedPorts();
        int[] given = [.. Enumerable.Range(0, 200).Select(_ => ports.Next())];
        Assert.Equal(200, given.Distinct().Count());
        foreach (var _ in Enumerable.Range(0, 3))
        {
            using var listener = new TcpListener(IPAddress.Loopback, given[0]);
            listener.Start();
            using var client = new TcpClient();
            client.Connect(IPAddress.Loopback, given[0]);
            using var met = listener.AcceptTcpClient();
            using var second = new TcpListener(IPAddress.Loopback, given[0]);
            Assert.Equal(SocketError.AddressAlreadyInUse, Assert.Throws<SocketException>(second.Start).SocketErrorCode);
        }

        List<Socket> others = [.. Enumerable.Range(0, 500).Select(_ => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))];
        others.ForEach(socket => socket.Bind(new IPEndPoint(IPAddress.Loopback, 0)));
        Assert.DoesNotContain(others, socket => given.Contains(((IPEndPoint)socket.LocalEndPoint!).Port));
        others.ForEach(socket => socket.Dispose());
    }

    [Theory]
    [InlineData("flip", "flip", 0)]
    [InlineData("partition 2.5", "partition", 2.5)]
    public void A_node_understands_what_the_launcher_says(string line, string kind, double seconds) =>
        Assert.Equal(new NodeFault(kind, TimeSpan.FromSeconds(seconds)), ChildControl.Parse(line));

    [Theory]
    [InlineData("")]
    [InlineData("partition")]
    [InlineData("partition -1")]
    [InlineData("partition soon")]
    [InlineData("flip twice")]
    public void Anything_else_is_not_understood(string line) => Assert.Null(ChildControl.Parse(line));

    [Fact]
    public void The_kernel_knows_how_much_memory_a_process_has()
    {
        Assert.Equal(1.5, ProcessMemory.Parse(["Name:\tx", "VmRSS:\t    1536 kB", "VmData:\t1 kB"]));
        Assert.Null(ProcessMemory.Parse(["Name:\tx"]));
        using var self = Process.GetCurrentProcess();
        Assert.InRange(ProcessMemory.ResidentMegabytes(self.Id)!.Value, 10, 100_000);
        Assert.Null(ProcessMemory.ResidentMegabytes(int.MaxValue));
    }

    [Fact]
    public void Chaos_hits_a_living_node_of_the_role_or_nobody()
    {
        NodePlan[] living = [new("coordinator", ["coordinator"]), NodePlan.Trainer(1), NodePlan.Trainer(2), NodePlan.Trainer(3)];
        var faults = Enumerable.Range(0, 300).Select(_ => new RandomFaults(5)).Select((draw, i) => (draw, i)).Select(pair =>
        {
            for (var skipped = 0; skipped < pair.i; skipped++)
            {
                pair.draw.NextUnit();
            }

            return ChaosRun.Choose(pair.draw, living, 7, 3);
        }).OfType<Fault>().ToList();
        Assert.All(faults, fault => Assert.True(fault.Kind == FaultKind.Join || living.Any(node => node.Name == fault.Target), fault.ToString()));
        Assert.Equal(4, faults.Where(fault => fault.Kind != FaultKind.Join).Select(fault => fault.Target).Distinct().Count());
    }
}
