using TiMix.Exchange.Groups;
using TiMix.Exchange.Reduction;

namespace TiMix.Work.Training;

/// <summary>The peers of a view behind links.</summary>
public sealed class GroupPeers(Group group) : IStepPeers
{
    private const uint LastStep = 1;

    /// <inheritdoc/>
    public IReadOnlyList<StepPart> Gather(long step, StepPart own) =>
        [.. group.Gather(step, own.Last ? LastStep : 0, StepPartFormat.Write(own)).Select(
            part => StepPartFormat.Read(part.Member, (part.Flags & LastStep) != 0, part.Payload.Span))];

    /// <inheritdoc/>
    public void Reduce(long step, TreeSum own, Span<float> sum) => group.AllReduce(step, own.Partials, sum);

    /// <inheritdoc/>
    public void ThrowIfBroken() => group.Check();
}
