using TiMix.Protocol.Messages;
using TiMix.Protocol.Values;

namespace TiMix.Protocol.Rules;

/// <summary>What fields of one record have to do with each other.</summary>
internal static class AgreementRules
{
    /// <summary>Whether they agree; each of them alone is what it may be.</summary>
    public static bool Agrees(object record) => record switch
    {
        View view => view.Shares.Count > 0 && Follow(view.Shares),
        StateSource source => source.Way switch
        {
            StateWay.Copy => source.From is not null && FieldRules.IsTrainer(source.From),
            StateWay.Restore => source.From is not null && SnapshotNames.IsName(source.From),
            _ => source.From is null,
        },
        TrainerOrders.Prepare prepare => prepare.Lineage <= prepare.View.Generation && prepare.View.Has(prepare.Source.Trainer),
        TrainerOrders.PrepareAhead prepare => prepare.Lineage <= prepare.View.Generation && prepare.View.Has(prepare.Source.Trainer)
            && prepare.Source.Way is StateWay.Keep or StateWay.Copy,
        TrainerStatus status => status.Trainer.StartsWith(status.Node + "~", StringComparison.Ordinal) && status.StateGeneration <= status.Generation
            && status.SecondsPerMicroBatch >= 0,
        CoordinatorEvents.ViewProposed proposed => proposed.Lineage <= proposed.View.Generation,
        CoordinatorEvents.SnapshotCommitted snapshot => snapshot.Directory == SnapshotNames.Of(snapshot.Step),
        CoordinatorCommands.ReportSnapshot snapshot => snapshot.Directory == SnapshotNames.Of(snapshot.Step),
        CommittedSnapshot snapshot => snapshot.Directory == SnapshotNames.Of(snapshot.Step),
        MonitorMessages.SnapshotCommitted snapshot => IsOf(snapshot.Directory, snapshot.Step),
        EvaluatorMessages.Evaluate evaluate => IsOf(evaluate.Snapshot, evaluate.Step),
        EvaluatorMessages.EvaluationFailed { Damaged: { } path } failed => IsOf(path, failed.Step),
        StepReport report => report.Step >= 1 && report.Step <= report.Steps
            && report is { StepSeconds: >= 0, ComputeSeconds: >= 0, ExchangeSeconds: >= 0, UpdateSeconds: >= 0 },
        _ => true,
    };

    /// <summary>One after the other, from the first micro-batch on.</summary>
    private static bool Follow(IReadOnlyList<Share> shares)
    {
        var next = 0;
        foreach (var share in shares)
        {
            if (share.First != next || share.Count > FieldRules.MostMicroBatches - next)
            {
                return false;
            }

            next += share.Count;
        }

        return shares.Select(share => share.Trainer).Distinct(StringComparer.Ordinal).Count() == shares.Count;
    }

    private static bool IsOf(string path, long step) => path.EndsWith("/" + SnapshotNames.Of(step), StringComparison.Ordinal);
}
