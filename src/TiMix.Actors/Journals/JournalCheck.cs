using TiMix.Base;
using TiMix.Protocol.Rules;
using static TiMix.Protocol.Messages.CoordinatorEvents;

namespace TiMix.Actors.Journals;

/// <summary>Events are looked at when they are read like messages where they come in: a journal is a file, and files are edited and damaged.</summary>
internal static class JournalCheck
{
    /// <summary>The event, if it is one that a coordinator may have written.</summary>
    /// <param name="happened">As it was read.</param>
    /// <param name="number">Its place in the journal.</param>
    /// <exception cref="InvalidDataException">It is not; one line.</exception>
    public static IEvent Checked(IEvent happened, long number) => MessageRules.WrongIn(happened) is not { } wrong ? happened
        : throw new InvalidDataException($"event {number} is none that a coordinator has written ({Printable.Of(wrong)}): it was edited, or is damaged. Put a "
            + "copy of the journal in its place, or move it away; the run then goes on from the newest snapshot.");
}
