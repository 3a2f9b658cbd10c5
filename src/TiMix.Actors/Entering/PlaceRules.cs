using Akka.Actor;
using Akka.Cluster;
using TiMix.Base;
using TiMix.Exchange.Bundles;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Values;
using TiMix.Work.Loading;
using TiMix.Work.Mixing;
using TiMix.Work.Training;

namespace TiMix.Actors.Entering;

/// <summary>Where that may lie to which a message points: nobody makes a node call a stranger.</summary>
internal static class PlaceRules
{
    /// <summary>Whether all of it lies there.</summary>
    /// <param name="message">A valid one.</param>
    /// <param name="host">Of its sender.</param>
    /// <param name="members">Of the cluster.</param>
    public static bool Holds(ITiMixMessage message, string host, IReadOnlyList<Member> members) => message switch
    {
        TrainerStatus status => IsOn(host, status.Endpoint),
        LoaderMessages.Loaded loaded => loaded.Samples is LoadedSamples { Samples: var samples } && IsOn(host, samples.Endpoint),
        MixerMessages.Mixed mixed => mixed.Samples is MixedSamples { Teacher: var teacher, Loaded.Samples: var samples } && IsOn(host, teacher.Endpoint)
            && IsOnAny(members, NodeRoles.Loader, samples.Endpoint),
        MixerMessages.TeacherPublished published => published.Parameters is TeacherParameters { Parameters: var bundle } && IsOn(host, bundle.Endpoint),
        StateMessages.StateOffered offered => offered.State is StateBuffers { Buffers: var buffers }
            && buffers.Values.All(buffer => IsOn(host, buffer.Endpoint)),
        StateMessages.SumOffered offered => offered.Sum is StepSum { Sum: var sum } && IsOn(host, sum.Endpoint),
        TrainerOrders.Prepare prepare => AreTrainers(members, prepare.View, prepare.Source),
        TrainerOrders.PrepareAhead prepare => AreTrainers(members, prepare.View, prepare.Source),
        NodeMessages.Roster roster => roster.Loaders.All(path => IsOf(members, NodeRoles.Loader, path))
            && roster.Mixers.All(path => IsOf(members, NodeRoles.Mixer, path)) && roster.Trainers.Values.All(path => IsOf(members, NodeRoles.Trainer, path)),
        _ => true,
    };

    private static bool AreTrainers(IReadOnlyList<Member> members, View view, StateSource source) =>
        view.Shares.All(share => IsOnAny(members, NodeRoles.Trainer, share.Endpoint))
        && (source.Endpoint is not { } from || IsOnAny(members, NodeRoles.Trainer, from));

    private static bool IsOnAny(IReadOnlyList<Member> members, string role, string endpoint) =>
        members.Any(member => member.HasRole(role) && IsOn(member.Address.Host ?? "", endpoint));

    private static bool IsOn(string host, string endpoint) =>
        HostPort.TrySplit(endpoint, out var there, out _) && string.Equals(HostPort.Bare(there), HostPort.Bare(host), StringComparison.OrdinalIgnoreCase);

    private static bool IsOf(IReadOnlyList<Member> members, string role, string path) =>
        ActorPath.TryParse(path, out var parsed) && members.Any(member => member.HasRole(role) && member.Address.Equals(parsed.Address));
}
