using Akka.Actor;
using TiMix.Protocol.Coordination;
using TiMix.Protocol.Messages;
using TiMix.Runs.Snapshots;
using static TiMix.Protocol.Coordination.CoordinatorEffects;
using static TiMix.Protocol.Coordination.CoordinatorInputs;

namespace TiMix.Actors.Coordination;

/// <summary>What the coordinator wants of the run's snapshots on disk.</summary>
internal static class SnapshotEffects
{
    /// <summary>Does it; an answer goes to the actor.</summary>
    public static void Do(IEffect effect, SnapshotStore snapshots, IActorContext actor)
    {
        switch (effect)
        {
            case FindSnapshots find:
                actor.Self.Tell(new SnapshotsFound(
                    [.. snapshots.Find(find.Recipe).Select(found => new FoundSnapshot(found.Manifest.Step, found.Name, found.Manifest.Fingerprint))]));
                break;
            case LookForSnapshot look:
                // A share that does not answer must not hold the coordinator up.
                Task.Run(() => new SnapshotLooked(look.Directory, snapshots.FingerprintOf(look.Directory))).PipeTo(actor.Self);
                break;
            case DeleteDiscarded delete:
                LeftAlone.Say(actor, snapshots.Delete(delete.Directories));
                break;
            case PruneSnapshots prune:
                LeftAlone.Say(actor, snapshots.Prune(prune.Keep));
                break;
        }
    }
}
