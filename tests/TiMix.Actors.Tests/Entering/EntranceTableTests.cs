using System.Reflection;
using Akka.Actor;
using TiMix.Actors.Entering;
using TiMix.Actors.Messages;
using TiMix.Base;
using TiMix.Protocol.Messages;

namespace TiMix.Actors.Tests.Entering;

public sealed class EntranceTableTests
{
    [Fact]
    public void Every_message_is_heard_by_somebody_or_stands_among_those_that_nobody_hears()
    {
        Assert.Empty(EntranceTable.Unheard.Intersect(EntranceTable.Heard));
        Assert.Equal(
            TiMixSerializer.KnownTypes.Select(type => type.FullName).Order(),
            EntranceTable.Heard.Concat(EntranceTable.Unheard).Select(type => type.FullName).Order());
    }

    [Fact]
    public void Only_roles_that_there_are_may_say_something()
    {
        string[] roles = [.. NodeRoles.All, NodeRoles.Launcher];
        Assert.All(
            EntranceTable.Heard.SelectMany(type => Enum.GetValues<ActorKind>().SelectMany(to => EntranceTable.WhoMaySay(type, to))),
            role => Assert.Contains(role, roles));
        Assert.All(EntranceTable.Unheard, type => Assert.All(Enum.GetValues<ActorKind>(), to => Assert.Empty(EntranceTable.WhoMaySay(type, to))));
    }

    [Fact]
    public void A_run_is_ended_by_those_alone_who_may()
    {
        Assert.Equal([NodeRoles.Trainer], EntranceTable.WhoMaySay(typeof(CoordinatorCommands.FailRun), ActorKind.Coordinator));
        Assert.Equal([NodeRoles.Coordinator], EntranceTable.WhoMaySay(typeof(NodeMessages.RunOver), ActorKind.Node));
        Assert.Empty(EntranceTable.WhoMaySay(typeof(NodeMessages.RunOver), ActorKind.Coordinator));
        Assert.Equal([NodeRoles.Launcher], EntranceTable.WhoMaySay(typeof(CoordinatorCommands.ReportNodeLost), ActorKind.Coordinator));
    }

    /// <summary>The guardian hears of its own node's actors alone, and a journal is read where there is no cluster.</summary>
    [Fact]
    public void Every_actor_stands_behind_the_entrance() => Assert.Empty(
        typeof(Entrance).Assembly.GetTypes()
            .Where(type => type is { IsAbstract: false, Name: not ("NodeGuardian" or "Reader") } && type.IsAssignableTo(typeof(ActorBase))
                && type.GetMethod("AroundReceive", BindingFlags.NonPublic | BindingFlags.Instance)!.DeclaringType!.Assembly != typeof(Entrance).Assembly)
            .Select(type => type.Name));
}
