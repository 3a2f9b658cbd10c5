using System.Collections;
using System.Reflection;
using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Dispatch.SysMsg;
using Akka.Serialization;
using TiMix.Actors.Messages;
using TiMix.Actors.Nodes;

namespace TiMix.Actors.Tests.Entering;

/// <summary>What a started node can make of bytes.</summary>
public sealed class RegisteredSerializersTests : IAsyncLifetime
{
    private readonly string _directory = Directory.CreateTempSubdirectory("timix-serializers-").FullName;
    private ClusterIdentity _identity = null!;
    private ClusterSystem _member = null!;

    public async ValueTask InitializeAsync()
    {
        var options = new NodeOptions
        {
            Name = "node",
            Roles = ["trainer"],
            RunName = "r",
            RunsDirectory = _directory,
            DataDirectory = _directory,
            Token = "a token that nobody knows",
        };
        _identity = ClusterIdentity.Of(options);
        _member = await ClusterSystem.StartAsync(options, options.Roles, Path.Combine(_directory, "log"), null, new ClusterDoor(_identity, [], _ => { }));
    }

    public async ValueTask DisposeAsync()
    {
        await _member.DisposeAsync();
        _identity.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public void Only_ours_and_what_the_cluster_needs_are_registered()
    {
        var byId = typeof(Serialization).GetFields(BindingFlags.NonPublic | BindingFlags.Instance)
            .Select(field => field.GetValue(_member.System.Serialization)).OfType<IDictionary>().Single(map => map.Keys.OfType<int>().Any());
        Assert.Equal(
            [
                "0 NullSerializer", "1 RefusingSerializer", "5 ClusterMessageSerializer", "6 MessageContainerSerializer",
                "14 ClusterSingletonMessageSerializer",
                "16 NarrowMiscSerializer", "17 PrimitiveSerializers", "22 NarrowSystemMessageSerializer", "7411 TiMixSerializer",
            ],
            byId.Keys.Cast<int>().Order().Select(id => $"{id} {byId[id]!.GetType().Name}"));
    }

    [Fact]
    public void Whatever_ends_an_actor_or_names_a_type_is_refused_in_both_directions()
    {
        var serialization = _member.System.Serialization;
        var bytes = "{\"$type\":\"System.IO.FileInfo, System.IO.FileSystem\",\"fileName\":\"x\"}"u8.ToArray();
        Assert.Throws<SerializationException>(() => serialization.Deserialize(bytes, 1, typeof(FileInfo).AssemblyQualifiedName));
        Assert.Throws<SerializationException>(() => serialization.Deserialize([], 16, "PP"));
        Assert.Throws<SerializationException>(() => serialization.Deserialize([], 16, "K"));
        Assert.Throws<SerializationException>(() => serialization.Deserialize([], 22, typeof(Terminate)));
        object[] harmful = [PoisonPill.Instance, Kill.Instance, new Status.Failure(new InvalidOperationException()), new Terminate()];
        Assert.All(harmful, message => Assert.Throws<SerializationException>(() => serialization.FindSerializerFor(message).ToBinary(message)));
        Assert.Equal("x", ((Identify)Back(new Identify("x"))).MessageId);

        object Back(object message)
        {
            var serializer = (SerializerWithStringManifest)serialization.FindSerializerFor(message);
            return serializer.FromBinary(serializer.ToBinary(message), serializer.Manifest(message));
        }
    }
}
