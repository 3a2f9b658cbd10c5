using Akka.Actor;
using Akka.Remote.Transport;

namespace TiMix.Testing.Live;

/// <summary>Named in <c>live.conf</c>: hands the node's transport to its switch, and changes nothing about it.</summary>
public sealed class SwitchedTransportProvider : ITransportAdapterProvider
{
    /// <inheritdoc/>
    public Transport Create(Transport wrappedTransport, ExtendedActorSystem system)
    {
        NodeSwitch.Of(system.Settings.Config).Add(wrappedTransport);
        return wrappedTransport;
    }
}
