using TiMix.Exchange.Groups;
using TiMix.Exchange.Reduction;
using TiMix.Protocol.Values;

namespace TiMix.Work.Training;

/// <summary>The peers of a view behind links.</summary>
/// <param name="group">The links.</param>
/// <param name="view">The view that they are of.</param>
public sealed class GroupPeers(Group group, View view) : IStepPeers
{
    private const uint LastStep = 1;
    private const uint GoesOver = 2;

    /// <inheritdoc/>
    public View View => view;

    /// <inheritdoc/>
    public IReadOnlyList<StepPart> Gather(long step, StepPart own)
    {
        var (parts, accused) = (new List<StepPart>(), new List<Accusation>());
        foreach (var part in group.Gather(step, (own.Last ? LastStep : 0) | (own.GoesOver ? GoesOver : 0), StepPartFormat.Write(own)))
        {
            try
            {
                parts.Add(StepPartFormat.Read(part.Member, (part.Flags & LastStep) != 0, part.Payload.Span) with
                {
                    GoesOver = (part.Flags & GoesOver) != 0,
                });
            }
            catch (InvalidDataException error)
            {
                accused.Add(new Accusation(part.Member, OffenceKind.Malformed, step, [], $"step {step + 1}: {error.Message}"));
            }
        }

        return accused.Count == 0 ? parts : throw new StepSpoiltException(accused);
    }

    /// <inheritdoc/>
    public void Reduce(long step, TreeSum own, Span<float> sum) => group.AllReduce(step, own.Partials, sum);

    /// <inheritdoc/>
    public IReadOnlyList<Accusation> Examine(long step, ReadOnlySpan<float> sum)
    {
        var (self, found) = (group.Self, group.Examine(sum));
        var given = found.Given.Where(node => node.Member != self).GroupBy(node => node.Member).Select(nodes => new Accusation(
            view.Shares[nodes.Key].Trainer, OffenceKind.NotFinite, step, [.. nodes.SelectMany(node => Enumerable.Range(node.Lo, node.Hi - node.Lo))],
            $"step {step + 1}: the gradients of {view.Shares[nodes.Key].Node} are not finite"));
        var finished = found.Finishers.Where(member => member != self || found.Given.Count == 0).Select(member => new Accusation(
            view.Shares[member].Trainer, OffenceKind.SumNotFinite, step, [.. Enumerable.Range(0, group.View.MicroBatches)],
            $"step {step + 1}: a sum of finite gradients is not finite; a smaller optimization.learningRate may help"));
        return [.. given, .. finished];
    }

    /// <inheritdoc/>
    public void ThrowIfBroken() => group.Check();
}
