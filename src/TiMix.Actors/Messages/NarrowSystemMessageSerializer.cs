using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Dispatch.SysMsg;
using Akka.Remote.Serialization;
using Akka.Serialization;

namespace TiMix.Actors.Messages;

/// <summary>Of the messages by which Akka governs actors, only those of watching: no peer creates, suspends, restarts or ends an actor here.</summary>
public sealed class NarrowSystemMessageSerializer(ExtendedActorSystem system) : Serializer(system)
{
    private static readonly Type[] Allowed = [typeof(Watch), typeof(Unwatch), typeof(DeathWatchNotification)];
    private readonly SystemMessageSerializer _all = new(system);

    /// <summary>That of Akka's, which a system without remoting does not know.</summary>
    public override int Identifier => 22;

    /// <inheritdoc/>
    public override bool IncludeManifest => true;

    /// <inheritdoc/>
    public override byte[] ToBinary(object obj) => Allowed.Contains(obj.GetType())
        ? _all.ToBinary(obj)
        : throw new SerializationException($"{obj.GetType()} is not sent between nodes.");

    /// <inheritdoc/>
    public override object FromBinary(byte[] bytes, Type type) => Allowed.Contains(type)
        ? _all.FromBinary(bytes, type)
        : throw new SerializationException($"A message of Akka's that is not sent between nodes was refused: {type}.");
}
