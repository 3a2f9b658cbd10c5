namespace TiMix.Actors.Coordination;

/// <summary>Who trains from a step on.</summary>
/// <param name="Generation">Rises with every view that is proposed; whatever carries an older one is dropped.</param>
/// <param name="FromStep">Steps applied when it begins.</param>
/// <param name="Shares">Ordered trainers, each with its micro-batches.</param>
public sealed record View(long Generation, long FromStep, IReadOnlyList<Share> Shares)
{
    /// <summary>The place of a trainer in the view; -1: it is not in it.</summary>
    public int PlaceOf(string trainer)
    {
        for (var i = 0; i < Shares.Count; i++)
        {
            if (Shares[i].Trainer == trainer)
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>Whether the trainer is in the view.</summary>
    public bool Has(string trainer) => PlaceOf(trainer) >= 0;
}

/// <summary>One trainer of a view.</summary>
/// <param name="Trainer">Its id, new with every start of its process.</param>
/// <param name="Node">The node it lives on.</param>
/// <param name="Endpoint">Where its links are.</param>
/// <param name="First">First micro-batch.</param>
/// <param name="Count">Micro-batches [First, First + Count); may be 0 when there are more trainers than micro-batches.</param>
public sealed record Share(string Trainer, string Node, string Endpoint, int First, int Count);

/// <summary>How a trainer of a new view comes by the state of the view's first step.</summary>
/// <param name="Trainer">Who.</param>
/// <param name="Way">How.</param>
/// <param name="From">The trainer to copy from, or the snapshot's directory; null: neither.</param>
/// <param name="Endpoint">Where to copy from: one that leaves gives its state to a view that it is not in. Null: not to be copied.</param>
public sealed record StateSource(string Trainer, StateWay Way, string? From, string? Endpoint = null);

/// <summary>Ways to come by a state.</summary>
public enum StateWay
{
    /// <summary>It has it.</summary>
    Keep,

    /// <summary>From another trainer, over a link.</summary>
    Copy,

    /// <summary>From a snapshot on disk.</summary>
    Restore,

    /// <summary>Drawn from the run's seed.</summary>
    Draw,
}

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
