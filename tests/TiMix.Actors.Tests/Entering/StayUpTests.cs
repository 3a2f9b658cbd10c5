using Akka;
using Akka.Actor;
using Akka.Configuration;
using TiMix.Actors.Nodes;

namespace TiMix.Actors.Tests.Entering;

/// <summary>Akka's shutdown for want of a handshake waits for the node's own end; every other one does not.</summary>
public sealed class StayUpTests : IDisposable
{
    private readonly ActorSystem _system = ActorSystem.Create("stays", ConfigurationFactory.ParseString("akka.loglevel = OFF").WithFallback(
        ConfigurationFactory.ParseString(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "cluster-config", "tls.conf")))));
    private readonly TaskCompletionSource<Done> _leaves = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Dispose() => _system.Dispose();

    [Fact]
    public async Task A_handshake_that_failed_ends_nothing_until_the_node_leaves()
    {
        var asked = new TaskCompletionSource<Done>(TaskCreationOptions.RunContinuationsAsynchronously);
        StayUp.Until(_leaves.Task, _system);
        CoordinatedShutdown.Get(_system).AddTask(CoordinatedShutdown.PhaseBeforeServiceUnbind, "asked", () =>
        {
            asked.TrySetResult(Done.Instance);
            return Task.FromResult(Done.Instance);
        });
        var next = false;
        CoordinatedShutdown.Get(_system).AddTask(CoordinatedShutdown.PhaseServiceUnbind, "next", () =>
        {
            next = true;
            return Task.FromResult(Done.Instance);
        });
        var shutdown = CoordinatedShutdown.Get(_system).Run(new TlsHandshakeFailureReason());
        await asked.Task;
        var actor = _system.ActorOf(Props.Create(() => new Echo()));
        Assert.Equal("here", await actor.Ask<string>("here"));
        Assert.Equal((false, false, false), (next, shutdown.IsCompleted, _system.WhenTerminated.IsCompleted));
        _leaves.SetResult(Done.Instance);
        await shutdown;
        await _system.WhenTerminated;
        Assert.True(next);
    }

    [Fact]
    public async Task Any_other_shutdown_waits_for_nobody()
    {
        StayUp.Until(_leaves.Task, _system);
        await CoordinatedShutdown.Get(_system).Run(CoordinatedShutdown.ClrExitReason.Instance);
        await _system.WhenTerminated;
        Assert.False(_leaves.Task.IsCompleted);
    }

    [Fact]
    public void The_reason_is_called_so_in_the_version_of_Akka_that_is_used() =>
        Assert.Contains(typeof(Akka.Remote.RemoteActorRef).Assembly.GetTypes(), type => type.Name == StayUp.Reason);

    private sealed class TlsHandshakeFailureReason : CoordinatedShutdown.Reason
    {
        public override int ExitCode => 0;
    }

    private sealed class Echo : ReceiveActor
    {
        public Echo() => ReceiveAny(message => Sender.Tell(message));
    }
}
