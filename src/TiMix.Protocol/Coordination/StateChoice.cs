using TiMix.Protocol.Messages;
using TiMix.Protocol.Values;

namespace TiMix.Protocol.Coordination;

/// <summary>The state that training goes on from.</summary>
/// <param name="Step">Steps applied in it.</param>
/// <param name="Holders">Who has it; empty: nobody alive.</param>
/// <param name="Diverged">Whose states of that step do not count, since they are not those of the others.</param>
/// <param name="Snapshot">The directory that it is in, when nobody has it; null: none, it is drawn.</param>
internal sealed record StateChoice(long Step, IReadOnlyList<TrainerStatus> Holders, IReadOnlyList<TrainerStatus> Diverged, string? Snapshot)
{
    /// <summary>
    /// The newest state that counts among those who hold still. Where states of that step differ, the one that more than half
    /// of their holders have; if there is none such, nobody can say which is right, and none of them counts. That is journaled
    /// before anything else is decided: those who know better may die or leave.
    /// </summary>
    public static StateChoice Among(IReadOnlyList<TrainerStatus> quiet, RunState run)
    {
        var holders = quiet.Where(status => Counts(status, run)).ToList();
        var step = holders.Count == 0 ? -1 : holders.Max(status => status.Applied);
        if (step < 0 || run.Newest?.Step > step)
        {
            return new StateChoice(run.Newest?.Step ?? 0, [], [], run.Newest?.Directory);
        }

        var newest = holders.Where(status => status.Applied == step).ToList();
        if (run is { View: { } view, ViewHash: { } right } && view.FromStep == step && newest.Exists(status => status.Hash == right))
        {
            // All of its trainers said that they began with this one: whoever has another now has none that counts.
            return Of(step, newest, right);
        }

        var largest = newest.GroupBy(status => status.Hash).MaxBy(group => group.Count())!;
        return 2 * largest.Count() <= newest.Count
            ? new StateChoice(run.Newest?.Step ?? 0, [], newest, run.Newest?.Directory)
            : Of(step, newest, largest.Key!);
    }

    private static StateChoice Of(long step, List<TrainerStatus> newest, string hash) => new(
        step, [.. newest.Where(status => status.Hash == hash).OrderBy(status => status.Leaving)], [.. newest.Where(status => status.Hash != hash)], null);

    /// <summary>How each trainer of a view comes by it.</summary>
    public IReadOnlyList<StateSource> SourcesFor(View view)
    {
        var keepers = Holders.Select(holder => holder.Trainer).ToHashSet(StringComparer.Ordinal);
        var (first, endpoint) = Holders.Count > 0 ? (Holders[0].Trainer, Holders[0].Endpoint) : (view.Shares[0].Trainer, view.Shares[0].Endpoint);
        return
        [
            .. view.Shares.Select(share => keepers.Contains(share.Trainer) ? new StateSource(share.Trainer, StateWay.Keep, null)
                : share.Trainer != first ? new StateSource(share.Trainer, StateWay.Copy, first, endpoint)
                : Snapshot is null ? new StateSource(share.Trainer, StateWay.Draw, null)
                : new StateSource(share.Trainer, StateWay.Restore, Snapshot)),
        ];
    }

    private static bool Counts(TrainerStatus status, RunState run) =>
        status.Applied >= 0 && status.StateGeneration >= run.Lineage && status.StateGeneration > run.Diverged.GetValueOrDefault(status.Trainer)
        && run.StillCounts(status.StateGeneration, status.Applied);
}
