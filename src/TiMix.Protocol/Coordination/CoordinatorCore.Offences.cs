using TiMix.Protocol.Messages;
using TiMix.Protocol.Monitoring;
using TiMix.Protocol.Notices;
using TiMix.Protocol.Values;
using static TiMix.Protocol.Messages.CoordinatorEvents;

namespace TiMix.Protocol.Coordination;

/// <summary>Who has harmed the run, and what others hear of it.</summary>
public sealed partial class CoordinatorCore
{
    private readonly NormWatch _norms = new();

    private IReadOnlyList<Offender> Offenders =>
    [
        .. Run.Book.Offences.Select(done => new Offender(
            done.Key, [.. done.Value.Select(offence => offence.Kind).Distinct()], done.Value.Count, IsPutOut(done.Key))),
        .. Run.Book.Disagreements.Values.SelectMany(pair => new[] { pair.First, pair.Second }).Distinct(StringComparer.Ordinal)
            .Where(node => !Run.Book.Offences.ContainsKey(node) && IsPutOut(node)).Select(node => new Offender(node, [], 0, true)),
    ];

    private bool IsPutOut(string node) => Run.Book.IsGuilty(node, _task.Membership.OffencesForgiven + 1);

    /// <summary>Its process is told to end, now and whenever it says something.</summary>
    private void PutOut(TrainerLost lost)
    {
        if (!lost.Reason.EndsItsProcess)
        {
            return;
        }

        if (_known.Trainers.TryGetValue(lost.Trainer, out var address))
        {
            Tell(address, new TrainerOrders.PutOut(lost.Trainer, lost.Reason, IsPutOut(lost.Node)));
        }

        if (lost.Reason.Kind == LossKind.Offended)
        {
            var vitals = _known.Nodes.GetValueOrDefault(lost.Node)?.Vitals;
            var offender = Offenders.FirstOrDefault(offender => offender.Node == lost.Node) ?? new Offender(lost.Node, [], 0, true);
            Publish(new Notice.TrainerPutOut(lost.Node, vitals?.Host, vitals?.Device, offender.Kinds, offender.Offences));
        }
    }

    private void Watch(StepReport report)
    {
        if (_norms.Hear(report.Step, report.GradientNorm) is { } median)
        {
            Publish(new Notice.GradientJumped(report.Step, report.GradientNorm, median));
        }
    }
}
