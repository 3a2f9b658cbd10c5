using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using TiMix.Actors.Messages;
using TiMix.Base;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Rules;

namespace TiMix.Actors.Entering;

/// <summary>
/// Where every message of another node passes before an actor hears it: it is valid, it comes from a member whose role may say it to this actor, and what it
/// points to lies on the nodes that it may lie on. What is refused is counted, said now and then, and never answered. What actors of one node say to
/// each other passes.
/// </summary>
internal sealed class Entrance : IExtension
{
    private const string NamePrefix = "name-";
    private readonly ActorSystem _system;
    private readonly Refusals _refusals;
    private readonly ConcurrentDictionary<Type, bool> _travel = new();

    private Entrance(ActorSystem system) => (_system, _refusals) = (system, new Refusals(Logging.GetLogger(system, "entrance")));

    /// <summary>How many messages have been refused on this node.</summary>
    public long Refused => _refusals.Count;

    /// <summary>That of a node.</summary>
    public static Entrance Of(ActorSystem system) => system.WithExtension<Entrance, Provider>();

    /// <summary>A role by which members know each other's names.</summary>
    public static string RoleOfName(string node) => NamePrefix + node;

    /// <summary>Whether an actor hears a message.</summary>
    /// <param name="context">Of the actor that it has come to.</param>
    /// <param name="to">What that actor is.</param>
    /// <param name="message">Anything.</param>
    public static bool Admits(IActorContext context, ActorKind to, object message) => Of(context.System).Admits(context.Sender, to, message);

    private bool Admits(IActorRef sender, ActorKind to, object message)
    {
        if (message is not ITiMixMessage && !Travels(message.GetType()))
        {
            return true;
        }

        if (sender.IsNobody() || sender.Equals(_system.DeadLetters))
        {
            return Refuse("nobody", $"{message.GetType().Name} comes from nobody");
        }

        var address = sender.Path.Address;
        if (address.HasLocalScope || address.Equals(((ExtendedActorSystem)_system).Provider.DefaultAddress))
        {
            return true;
        }

        return WhyNot(address, to, message) is not { } why || Refuse(address.ToString(), why);
    }

    private string? WhyNot(Address address, ActorKind to, object message)
    {
        var type = message.GetType().Name;
        if (message is not ITiMixMessage said)
        {
            return $"{type} is not said to other nodes";
        }

        var members = Cluster.Get(_system).State.Members.Where(member => member.Status is not (MemberStatus.Down or MemberStatus.Removed)).ToList();
        var roles = members.Where(member => member.Address.Equals(address)).SelectMany(member => member.Roles).ToHashSet(StringComparer.Ordinal);
        if (roles.Count == 0)
        {
            return $"{type} comes from none of the cluster's nodes";
        }

        if (!EntranceTable.WhoMaySay(message.GetType(), to).Any(roles.Contains) || (said is NodeMessages.ServiceStatus status && !roles.Contains(status.Role)))
        {
            return $"{type} is not for a node of this role to say to a {to.ToString().ToLowerInvariant()}";
        }

        return MessageRules.WrongIn(said) is { } wrong ? $"{type} is not valid: {wrong}"
            : OwnName(said) is { } name && !roles.Contains(RoleOfName(name)) ? $"{type} is said in the name of {Printable.Of(name)}"
            : PlaceRules.Holds(said, address.Host ?? "", members) ? null
            : $"{type} points to what is not on its sender's node";
    }

    /// <summary>The name that a node says is its own.</summary>
    private static string? OwnName(ITiMixMessage said) => said switch
    {
        NodeMessages.DescribeRun asked => asked.Node,
        NodeMessages.ServiceStatus status => status.Node,
        NodeMessages.GivesUp gone => gone.Node,
        NodeMessages.Subscribe looker => looker.Node,
        TrainerStatus status => status.Node,
        _ => null,
    };

    /// <summary>Whether something of a type can have come from outside at all: the actors' own inputs, timers and results cannot.</summary>
    private bool Travels(Type type) => _travel.GetOrAdd(type, asked =>
    {
        try
        {
            return _system.Serialization.FindSerializerForType(asked) is not RefusingSerializer;
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // No serializer is bound to it.
            return false;
        }
    });

    private bool Refuse(string sender, string why)
    {
        _refusals.Add(sender, why);
        return false;
    }

    private sealed class Provider : ExtensionIdProvider<Entrance>
    {
        public override Entrance CreateExtension(ExtendedActorSystem system) => new(system);
    }
}
