using TiMix.Exchange.Reduction;
using TiMix.Protocol.Training;
using TiMix.Protocol.Values;

namespace TiMix.Work.Training;

/// <summary>
/// Fault injection: what peers see of a trainer that does wrong, and that knows nothing of it. Its own state stays right as long as others do.
/// </summary>
/// <param name="peers">The real ones.</param>
/// <param name="lie">What is wrong.</param>
public sealed class LyingPeers(IStepPeers peers, LieKind lie) : IStepPeers
{
    /// <inheritdoc/>
    public View? View => peers.View;

    /// <inheritdoc/>
    public IReadOnlyList<StepPart> Gather(long step, StepPart own) =>
        [.. peers.Gather(step, Bend(step, own)).Select(part => part.Trainer == own.Trainer ? own : part)];

    /// <inheritdoc/>
    public void Reduce(long step, TreeSum own, Span<float> sum)
    {
        if (lie != LieKind.Nan || peers.View is not { Shares.Count: > 1 })
        {
            peers.Reduce(step, own, sum);
            return;
        }

        var right = own.Partials.Select(part => part.Values.Floats.ToArray()).ToList();
        try
        {
            foreach (var part in own.Partials)
            {
                part.Values.Floats.Fill(float.NaN);
            }

            peers.Reduce(step, own, sum);
        }
        finally
        {
            foreach (var (part, values) in own.Partials.Zip(right))
            {
                values.CopyTo(part.Values.Floats);
            }
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<Accusation> Examine(long step, ReadOnlySpan<float> sum) => [];

    /// <inheritdoc/>
    public void ThrowIfBroken()
    {
        if (lie == LieKind.Stall)
        {
            new ManualResetEventSlim().Wait();
        }

        peers.ThrowIfBroken();
    }

    private StepPart Bend(long step, StepPart own) => lie switch
    {
        LieKind.Lie => own with { StateHash = ~own.StateHash },
        LieKind.Shape => own with { MicroBatches = [.. own.MicroBatches.Select(one => (one.Batch with { TeacherText = [1] }, one.Origin))] },
        LieKind.Nan when long.IsEvenInteger(step) => own with
        {
            MicroBatches = [.. own.MicroBatches.Select(one => (
                one.Batch with { Features = one.Batch.Features with { Image = [.. one.Batch.Features.Image.Select(_ => float.NaN)] } }, one.Origin))],
        },
        _ => own,
    };
}
