using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Remote.Serialization;
using Akka.Serialization;

namespace TiMix.Actors.Messages;

/// <summary>
/// Of what Akka's serializer for messages of its own makes, only what the search for an actor and the watch over one need: no peer's word ends, kills or
/// configures an actor here, or passes for a failure of its work.
/// </summary>
public sealed class NarrowMiscSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    private readonly MiscMessageSerializer _all = new(system);

    /// <summary>Identify, ActorIdentity, an actor's address, and the heartbeats of those who watch.</summary>
    public static IReadOnlyList<string> Allowed { get; } = ["ID", "AID", "AR", "RWHB", "RWHR"];

    /// <summary>That of Akka's, which a system without remoting does not know.</summary>
    public override int Identifier => 16;

    /// <inheritdoc/>
    public override string Manifest(object o) => _all.Manifest(o);

    /// <inheritdoc/>
    public override byte[] ToBinary(object obj) => Allowed.Contains(Manifest(obj))
        ? _all.ToBinary(obj)
        : throw new SerializationException($"{obj.GetType()} is not sent between nodes.");

    /// <inheritdoc/>
    public override object FromBinary(byte[] bytes, string manifest) => Allowed.Contains(manifest)
        ? _all.FromBinary(bytes, manifest)
        : throw new SerializationException($"A message of Akka's that is not sent between nodes was refused: \"{manifest}\".");
}
