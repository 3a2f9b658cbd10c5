using TiMix.Protocol.Values;

namespace TiMix.Protocol.Coordination;

/// <summary>A trainer that may be planned for.</summary>
/// <param name="Trainer">Its id.</param>
/// <param name="Node">Its node.</param>
/// <param name="Endpoint">Where its links are.</param>
/// <param name="SecondsPerMicroBatch">As measured; 0: not yet.</param>
/// <param name="IsSpare">It takes part without a share, and so has the state when another one dies.</param>
public sealed record Candidate(string Trainer, string Node, string Endpoint, double SecondsPerMicroBatch, bool IsSpare = false);

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
    /// <param name="trainers">At least one that is no spare.</param>
    /// <param name="microBatches">V.</param>
    /// <exception cref="ArgumentException">No trainer.</exception>
    public static View Plan(long generation, long fromStep, IEnumerable<Candidate> trainers, int microBatches)
    {
        Candidate[] ordered = [.. trainers.OrderBy(trainer => trainer.Node, StringComparer.Ordinal).ThenBy(trainer => trainer.Trainer, StringComparer.Ordinal)];
        double[] seconds = [.. ordered.Where(trainer => !trainer.IsSpare).Select(trainer => trainer.SecondsPerMicroBatch)];
        if (seconds.Length == 0)
        {
            throw new ArgumentException("A view needs a trainer.", nameof(trainers));
        }

        var counts = new Queue<int>(Counts(seconds, microBatches));
        var shares = new List<Share>();
        var first = 0;
        foreach (var trainer in ordered)
        {
            var count = trainer.IsSpare ? 0 : counts.Dequeue();
            shares.Add(new Share(trainer.Trainer, trainer.Node, trainer.Endpoint, first, count));
            first += count;
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
