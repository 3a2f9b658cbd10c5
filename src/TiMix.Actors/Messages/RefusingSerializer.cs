using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Configuration;
using Akka.Serialization;

namespace TiMix.Actors.Messages;

/// <summary>
/// Stands where Akka would have a serializer that makes objects of any type, or of types that no node of a run sends: nothing becomes bytes, and bytes
/// become nothing.
/// </summary>
public sealed class RefusingSerializer : Serializer
{
    /// <param name="system">Of the node.</param>
    public RefusingSerializer(ExtendedActorSystem system)
        : base(system)
    {
    }

    /// <param name="system">Of the node.</param>
    /// <param name="settings">Of the serializer in whose place this one stands.</param>
    public RefusingSerializer(ExtendedActorSystem system, Config settings)
        : base(system)
    {
    }

    /// <summary>That of Akka's JSON serializer, which takes the name of any type from the wire.</summary>
    public override int Identifier => 1;

    /// <inheritdoc/>
    public override bool IncludeManifest => false;

    /// <inheritdoc/>
    public override byte[] ToBinary(object obj) => throw new SerializationException($"{obj.GetType()} is not sent between nodes.");

    /// <inheritdoc/>
    public override object FromBinary(byte[] bytes, Type type) =>
        throw new SerializationException("A message of a type that is not sent between nodes was refused.");
}
