using TiMix.Protocol.Values;

namespace TiMix.Protocol.Coordination;

/// <summary>A trainer that may be planned for.</summary>
/// <param name="Trainer">Its id.</param>
/// <param name="Node">Its node.</param>
/// <param name="Endpoint">Where its links are.</param>
/// <param name="SecondsPerMicroBatch">As measured; 0: not yet.</param>
public sealed record Candidate(string Trainer, string Node, string Endpoint, double SecondsPerMicroBatch);

/// <summary>Who gets which micro-batches. The result of the run does not depend on it.</summary>
public static class ViewPlanner
{
    /// <summary>Trainers whose measured times differ by less than this share count as equally fast.</summary>
    private const double SameSpeed = 0.15;

    /// <summary>
    /// Contiguous shares in the order of node names. Equally fast trainers get equal shares; otherwise each micro-batch goes to
    /// the trainer that would be done with it first, so that the slowest is done as early as can be.
    /// </summary>
    /// <param name="generation">Of the new view.</param>
    /// <param name="fromStep">Steps applied when it begins.</param>
    /// <param name="trainers">At least one.</param>
    /// <param name="microBatches">V.</param>
    /// <exception cref="ArgumentException">No trainer.</exception>
    public static View Plan(long generation, long fromStep, IEnumerable<Candidate> trainers, int microBatches)
    {
        Candidate[] ordered = [.. trainers.OrderBy(trainer => trainer.Node, StringComparer.Ordinal).ThenBy(trainer => trainer.Trainer, StringComparer.Ordinal)];
        if (ordered.Length == 0)
        {
            throw new ArgumentException("A view needs a trainer.", nameof(trainers));
        }

        var counts = Counts([.. ordered.Select(trainer => trainer.SecondsPerMicroBatch)], microBatches);
        var shares = new List<Share>();
        var first = 0;
        for (var i = 0; i < ordered.Length; i++)
        {
            shares.Add(new Share(ordered[i].Trainer, ordered[i].Node, ordered[i].Endpoint, first, counts[i]));
            first += counts[i];
        }

        return new View(generation, fromStep, shares);
    }

    /// <summary>Seconds that the slowest trainer of a plan computes in a step.</summary>
    public static double SlowestSeconds(IReadOnlyList<int> counts, IReadOnlyList<double> seconds) => counts.Select((count, i) => count * seconds[i]).Max();

    /// <summary>Micro-batches of each trainer.</summary>
    /// <param name="seconds">Per micro-batch; 0: not measured, taken as the mean of the others.</param>
    /// <param name="microBatches">V.</param>
    public static int[] Counts(IReadOnlyList<double> seconds, int microBatches)
    {
        var known = seconds.Where(value => value > 0).ToList();
        var mean = known.Count == 0 ? 1 : known.Average();
        double[] speeds = [.. seconds.Select(value => value > 0 ? value : mean)];
        if (speeds.Max() <= speeds.Min() * (1 + SameSpeed))
        {
            Array.Fill(speeds, mean);
        }

        var counts = new int[speeds.Length];
        for (var m = 0; m < microBatches; m++)
        {
            var best = 0;
            for (var i = 1; i < speeds.Length; i++)
            {
                if ((counts[i] + 1) * speeds[i] < (counts[best] + 1) * speeds[best])
                {
                    best = i;
                }
            }

            counts[best]++;
        }

        return counts;
    }
}
