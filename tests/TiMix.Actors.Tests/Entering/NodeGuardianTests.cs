using Akka.Actor;
using TiMix.Actors.Nodes;
using TiMix.Actors.Training;

namespace TiMix.Actors.Tests.Entering;

public sealed class NodeGuardianTests : IDisposable
{
    private readonly ActorSystem _system = ActorSystem.Create("guarded", "akka.loglevel = OFF");
    private readonly TaskCompletionSource<string> _gone = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Dispose() => _system.Dispose();

    [Theory]
    [InlineData("poisoned")]
    [InlineData("killed")]
    [InlineData("stopped")]
    public async Task An_actor_that_is_gone_for_good_is_named(string how)
    {
        var (other, actor) = (_system.ActorOf(Props.Create(() => new Quiet()), "other"), _system.ActorOf(Props.Create(() => new Quiet()), "node"));
        _system.ActorOf(NodeGuardian.Props([other, actor], line => _gone.TrySetResult(line)), "guardian");
        switch (how)
        {
            case "poisoned":
                actor.Tell(PoisonPill.Instance);
                break;
            case "killed":
                actor.Tell(Kill.Instance);
                break;
            default:
                _system.Stop(actor);
                break;
        }

        Assert.StartsWith("this node's node is gone", await _gone.Task, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_actor_that_fails_is_started_anew_and_is_not_gone_and_a_guardian_that_is_gone_says_so()
    {
        var actor = _system.ActorOf(Props.Create(() => new Quiet()), "node");
        var guardian = _system.ActorOf(NodeGuardian.Props([actor], line => _gone.TrySetResult(line)), "guardian");
        actor.Tell(new InvalidOperationException());
        Assert.Equal("here", await actor.Ask<string>("here"));
        guardian.Tell(PoisonPill.Instance);
        Assert.StartsWith("this node's guardian is gone", await _gone.Task, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_trainer_without_memory_ends_its_node_and_any_other_failure_does_not()
    {
        var actor = _system.ActorOf(Props.Create(() => new Quiet()), "node");
        var guardian = _system.ActorOf(NodeGuardian.Props([actor], line => _gone.TrySetResult(line)), "guardian");
        await guardian.Ask<ActorIdentity>(new Identify(1));
        Assert.Contains("a fault", TrainerFailure.Of(_system, "t1", 7, new InvalidOperationException("a fault")).Message, StringComparison.Ordinal);
        TrainerFailure.Of(_system, "t1", 8, new InvalidOperationException("x", new OutOfMemoryException("no\nroom.")));
        Assert.StartsWith("t1 has no memory left after step 8: x. Right would be smaller", await _gone.Task, StringComparison.Ordinal);
    }

    private sealed class Quiet : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            if (message is Exception error)
            {
                throw error;
            }

            Sender.Tell(message);
        }
    }
}
