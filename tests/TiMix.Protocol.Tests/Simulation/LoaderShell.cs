using TiMix.Base;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Serving;

namespace TiMix.Protocol.Tests.Simulation;

/// <summary>The shell of a loader.</summary>
internal sealed class LoaderShell(SimulatedProcess process, string address) : SimulatedActor(process, address)
{
    private readonly LoaderCore _core = new();
    private long _busyUntil;

    /// <inheritdoc/>
    public override string Role => NodeRoles.Loader;

    /// <inheritdoc/>
    public override void Receive(string from, ITiMixMessage message) => Tell(new Received(from, message));

    private void Tell(IInput input)
    {
        foreach (var effect in _core.Handle(input, Cluster.Time.Now))
        {
            switch (effect)
            {
                case Send send:
                    Say(send.To, send.Message);
                    break;
                case LoaderEffects.Load { Key: var key }:
                    // One after the other, on its thread.
                    _busyUntil = Math.Max(_busyUntil, Cluster.Time.Now) + Cluster.Chance.Between(0, 2);
                    Later(_busyUntil - Cluster.Time.Now, () =>
                    {
                        Tell(new LoaderInputs.Loaded(key, new SimulatedContent(this, UndisturbedRun.Samples(key.Step, key.MicroBatch))));
                        Cluster.Reach(Point.Loaded, Process);
                    });
                    break;
                default:
                    throw new SimulationFailure($"Nobody knows how to do {effect}.");
            }
        }
    }
}
