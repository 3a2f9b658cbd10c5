using Akka.Actor;
using Akka.Event;
using TiMix.Base;

namespace TiMix.Actors.Coordination;

/// <summary>Says what was to be deleted and was not, since it is no snapshot of this program's.</summary>
internal static class LeftAlone
{
    /// <param name="context">Of the actor that was to delete.</param>
    /// <param name="names">Below the run's snapshots; none: nothing is said.</param>
    public static void Say(IActorContext context, IReadOnlyList<string> names)
    {
        if (names.Count > 0)
        {
            context.GetLogger().Warning("not deleted, since it is no snapshot that a trainer made: {0}", Printable.Of(string.Join(", ", names)));
        }
    }
}
