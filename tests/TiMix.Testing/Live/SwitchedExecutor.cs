using Akka.Configuration;
using Akka.Dispatch;

namespace TiMix.Testing.Live;

/// <summary>Named in <c>live.conf</c>: actors run only while their node's switch is on.</summary>
public sealed class SwitchedExecutorConfigurator(Config config, IDispatcherPrerequisites prerequisites) : ExecutorServiceConfigurator(config, prerequisites)
{
    /// <inheritdoc/>
    public override ExecutorService Produce(string id) => new SwitchedExecutor(id, NodeSwitch.Of(Prerequisites.Settings.Config));

    private sealed class SwitchedExecutor(string id, NodeSwitch node) : ExecutorService(id)
    {
        public override void Execute(IRunnable run) => node.Execute(run);

        public override void Shutdown()
        {
            // The threads are the pool's.
        }
    }
}
