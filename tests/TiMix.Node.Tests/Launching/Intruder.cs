using System.Reflection;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Cluster;
using Akka.Configuration;
using TiMix.Actors.Messages;
using TiMix.Actors.Nodes;
using TiMix.Protocol.Messages;

namespace TiMix.Node.Tests.Launching;

/// <summary>A member, or one that wants to be, which was not made by this program: it has Akka's own serializers and says what it likes.</summary>
internal sealed class Intruder : IAsyncDisposable
{
    private static readonly string[] Paths =
    [
        "/user/node", "/user/coordinator", "/user/coordinator/coordinator", "/user/coordinator/singleton", "/user/coordinator/coordinator/*",
        "/user/coordinator/coordinator/*/monitor", "/user/coordinator-proxy", "/user/observer", "/user/guardian", "/user/node/*",
        "/user/node/trainer-supervisor/trainer",
        "/user/node/mixer-supervisor/mixer", "/user/node/loader-supervisor/loader", "/user/node/evaluator-supervisor/evaluator",
    ];

    private readonly ClusterIdentity _identity;
    private readonly ActorSystem _system;
    private readonly TaskCompletionSource _up = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Intruder(NodeOptions node, string token)
    {
        _identity = ClusterIdentity.Of(node with { Token = token });
        static string Read(string file) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "cluster-config", file));
        var seeds = string.Join(", ", node.Join.Select(seed => $"\"akka.ssl.tcp://timix@{seed}\""));
        var own = ConfigurationFactory.ParseString($$"""
            akka {
              loglevel = OFF
              actor {
                serialization-settings.allow-unregistered-types = on
                serializers {
                  json = "Akka.Serialization.NewtonSoftJsonSerializer, Akka"
                  akka-misc = "Akka.Remote.Serialization.MiscMessageSerializer, Akka.Remote"
                  akka-system-msg = "Akka.Remote.Serialization.SystemMessageSerializer, Akka.Remote"
                }
              }
              remote.dot-netty.tcp { hostname = "127.0.0.1", public-hostname = "127.0.0.1", port = 0 }
              cluster { roles = ["trainer", "name-intruder"], seed-nodes = [{{seeds}}] }
            }
            """);
        _system = ActorSystem.Create("timix", ActorSystemSetup.Create(
            BootstrapSetup.Create().WithConfig(
                own.WithFallback(ConfigurationFactory.ParseString(Read("tls.conf"))).WithFallback(ConfigurationFactory.ParseString(Read("node.conf")))),
            _identity.SetupFor(_ => { })));
        Cluster.Get(_system).RegisterOnMemberUp(_up.SetResult);
    }

    /// <summary>Completed when it is a member.</summary>
    public Task Up => _up.Task;

    /// <summary>Says so many messages, of all types and to all that it can think of.</summary>
    public void SayEverything(int messages)
    {
        var me = _system.ActorOf(Props.Create(() => new Deaf()));
        Address[] members = [.. Cluster.Get(_system).State.Members.Select(member => member.Address)];
        ITiMixMessage[] all = [.. TiMixSerializer.KnownTypes.OrderBy(type => type.FullName, StringComparer.Ordinal).SelectMany(Variants)];
        object[] others = [PoisonPill.Instance, Kill.Instance, new Status.Failure(new InvalidOperationException("intruder")), "text", new Canary(), 7];
        var said = 0;
        for (var round = 0; said < messages; round++)
        {
            foreach (var message in others.Concat(all.Skip(round * 7 % all.Length)).Take(all.Length))
            {
                var path = Paths[(said + round) % Paths.Length];
                foreach (var member in members)
                {
                    _system.ActorSelection(member + path).Tell(message, said % 5 == 0 ? ActorRefs.NoSender : me);
                    said++;
                }
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _system.Terminate();
        _identity.Dispose();
    }

    /// <summary>As an example has it, and with each number or text out of all bounds.</summary>
    private static IEnumerable<ITiMixMessage> Variants(Type type)
    {
        yield return (ITiMixMessage)Examples.Of(type)!;
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite))
        {
            object[] extremes = property.PropertyType == typeof(long) ? [long.MaxValue, long.MinValue, 1L, 90_000L]
                : property.PropertyType == typeof(int) ? [int.MaxValue, -1]
                : property.PropertyType == typeof(string) ? ["../../..", Path.GetTempPath(), "\u001b[2J", ""]
                : [];
            foreach (var extreme in extremes)
            {
                var changed = Examples.Of(type)!;
                property.SetValue(changed, extreme);
                yield return (ITiMixMessage)changed;
            }
        }
    }

    /// <summary>Of a type that the nodes could make if they took the name of a type from the wire.</summary>
    public sealed class Canary
    {
        private static int _made;

        public Canary() => Interlocked.Increment(ref _made);

        public static int Made => Volatile.Read(ref _made);
    }

    private sealed class Deaf : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            // It hears nothing.
        }
    }
}
