namespace TiMix.Learning.Metrics;

/// <summary>The row of a matrix of features that a search found.</summary>
/// <param name="Row">Index.</param>
/// <param name="Score">Cosine.</param>
public sealed record NearestRow(int Row, float Score);

/// <summary>Search among features by cosine.</summary>
public static class NearestRows
{
    /// <summary>The rows nearest to a query, best first; of equal ones the lower index first.</summary>
    /// <param name="query">[d], L2-normalised.</param>
    /// <param name="features">[n, d], L2-normalised.</param>
    /// <param name="most">How many at most.</param>
    /// <exception cref="ArgumentException">Lengths that do not fit.</exception>
    public static NearestRow[] Find(ReadOnlySpan<float> query, ReadOnlySpan<float> features, int most)
    {
        var scores = new float[FeatureMatrix.Rows(features, query.Length, "Stored")];
        FeatureMatrix.Dot(query, features, scores);
        return [.. Enumerable.Range(0, scores.Length).OrderByDescending(row => scores[row]).Take(most).Select(row => new NearestRow(row, scores[row]))];
    }
}
