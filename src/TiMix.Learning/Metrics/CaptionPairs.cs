namespace TiMix.Learning.Metrics;

/// <summary>What captions are compared with.</summary>
internal static class CaptionPairs
{
    /// <exception cref="ArgumentException">Their numbers differ, there is none, or a picture has no reference.</exception>
    public static void Check(IReadOnlyList<string> candidates, IReadOnlyList<IReadOnlyList<string>> references)
    {
        if (candidates.Count != references.Count || candidates.Count == 0)
        {
            throw new ArgumentException(
                $"Every picture needs one caption and its references; got {candidates.Count} captions and references of {references.Count} pictures.");
        }

        for (var i = 0; i < references.Count; i++)
        {
            if (references[i].Count == 0)
            {
                throw new ArgumentException($"Picture {i} has no reference.");
            }
        }
    }
}
