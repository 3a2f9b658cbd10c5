using TiMix.Protocol.Messages;
using TiMix.Protocol.Values;

namespace TiMix.Protocol.Coordination;

/// <summary>Who may train together.</summary>
public sealed partial record Membership
{
    /// <summary>Who may join a view that trains; not those who would have to part from one of its members.</summary>
    private IEnumerable<TrainerStatus> Newcomers(RunState run, View view, IReadOnlyList<TrainerStatus> members, long now)
    {
        var applied = members.Max(member => member.Applied);
        var coming = Statuses.Where(
            status => status.Quiet && !status.Leaving && !view.Has(status.Trainer) && status.Computes == members[0].Computes
                && !IsBarred(status, run, now) && !run.Book.IsAside(status.Node, applied));
        return run.Book.Separate([.. members, .. coming], status => status.Node).Where(status => !view.Has(status.Trainer));
    }

    /// <summary>
    /// Who computes and who is a spare. A spare takes the place of one that died, and whoever joins afterwards is the next spare; one that leaves
    /// takes its place along.
    /// </summary>
    private IReadOnlyList<Candidate> Plan(RunState run, IReadOnlyList<TrainerStatus> trainers)
    {
        var before = run.View ?? run.Changes.FindLast(change => change.InstalledAt > 0)?.View;
        var computed = before?.Shares.Where(share => share.Count > 0).Select(share => share.Trainer).ToHashSet(StringComparer.Ordinal) ?? [];
        var left = computed.Count(trainer => Trainers.GetValueOrDefault(trainer)?.Status.Leaving == true);
        var least = Math.Max(1, _options.MinTrainers);
        var compute = Math.Min(trainers.Count, Math.Max(least, Math.Max(trainers.Count - _options.Spares, computed.Count - left)));
        return
        [
            .. trainers.OrderBy(status => !computed.Contains(status.Trainer)).ThenBy(status => status.Node, StringComparer.Ordinal)
                .Select((status, place) => new Candidate(
                    status.Trainer, status.Node, status.Endpoint, status.SecondsPerMicroBatch, IsSpare: place >= compute)),
        ];
    }

    /// <summary>Those of a view: not who spoilt the step before, nor who was not ready in time, as long as there are enough others.</summary>
    private IReadOnlyList<TrainerStatus> Choose(IReadOnlyList<TrainerStatus> fitting, RunState run, long step, long now)
    {
        var untainted = fitting.Where(status => !run.Book.IsAside(status.Node, step)).ToList();
        untainted = untainted.Count >= Math.Max(1, _options.MinTrainers) ? untainted : [.. fitting];
        var candidates = untainted.Where(status => !IsExcluded(status.Trainer, now)).ToList();
        candidates = candidates.Count > 0 ? candidates : untainted;
        var separate = run.Book.Separate(candidates, status => status.Node);
        return separate.Count >= Math.Max(1, _options.MinTrainers) ? separate : candidates;
    }
}
