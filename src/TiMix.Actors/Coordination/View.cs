namespace TiMix.Actors.Coordination;

/// <summary>Who trains from a step on.</summary>
/// <param name="Generation">Rises by one with every view; whatever carries an older one is dropped.</param>
/// <param name="FromStep">Steps applied when it begins.</param>
/// <param name="Shares">Ordered trainers, each with its micro-batches.</param>
public sealed record View(long Generation, long FromStep, IReadOnlyList<Share> Shares);

/// <summary>The micro-batches of one trainer: [First, First + Count).</summary>
public sealed record Share(string Trainer, int First, int Count);

/// <summary>Who gets which micro-batches. The result of the run does not depend on it.</summary>
public static class ViewPlanner
{
    /// <summary>Even, contiguous shares in the order of the trainers' names.</summary>
    /// <param name="generation">Of the new view.</param>
    /// <param name="fromStep">Steps applied when it begins.</param>
    /// <param name="trainers">At least one.</param>
    /// <param name="microBatches">V.</param>
    /// <exception cref="ArgumentException">No trainer.</exception>
    public static View Plan(long generation, long fromStep, IEnumerable<string> trainers, int microBatches)
    {
        string[] ordered = [.. trainers.Order(StringComparer.Ordinal)];
        if (ordered.Length == 0)
        {
            throw new ArgumentException("A view needs a trainer.", nameof(trainers));
        }

        var shares = new List<Share>();
        for (var i = 0; i < ordered.Length; i++)
        {
            var (first, end) = (i * microBatches / ordered.Length, (i + 1) * microBatches / ordered.Length);
            shares.Add(new Share(ordered[i], first, end - first));
        }

        return new View(generation, fromStep, shares);
    }
}
