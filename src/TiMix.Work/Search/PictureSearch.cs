using TiMix.Base;
using TiMix.Data;
using TiMix.Data.Pictures;
using TiMix.Learning.Metrics;
using TiMix.Work.Compute;

namespace TiMix.Work.Search;

/// <summary>A picture that was found.</summary>
/// <param name="Rank">From 1.</param>
/// <param name="Score">Cosine.</param>
/// <param name="Path">Below the folder.</param>
public sealed record SearchHit(int Rank, double Score, string Path);

/// <summary>What a search came to.</summary>
/// <param name="Model">The run, or the snapshot's directory.</param>
/// <param name="Step">Of the snapshot.</param>
/// <param name="Pictures">That were searched.</param>
/// <param name="Encoded">How many of them were not known from before.</param>
/// <param name="Hits">Best first.</param>
/// <param name="Broken">Pictures and folders that cannot be used.</param>
/// <param name="UnknownWords">Words of the query that the vocabulary lacks.</param>
/// <param name="UnreadWords">Words of the query past the end of the model's context.</param>
/// <param name="SaysNothing">Not one word of the query is in the vocabulary.</param>
public sealed record SearchResult(
    string Model,
    long Step,
    int Pictures,
    int Encoded,
    IReadOnlyList<SearchHit> Hits,
    IReadOnlyList<DataProblem> Broken,
    IReadOnlyList<string> UnknownWords,
    IReadOnlyList<string> UnreadWords,
    bool SaysNothing);

/// <summary>Search for pictures by words or by another picture.</summary>
public static class PictureSearch
{
    /// <summary>Finds the pictures of a folder that lie nearest to a text, or to a picture.</summary>
    /// <param name="place">Which model.</param>
    /// <param name="folder">With pictures, at any depth.</param>
    /// <param name="words">Null: <paramref name="like"/> is the query.</param>
    /// <param name="like">A picture file; null: <paramref name="words"/> are the query.</param>
    /// <param name="most">Hits, at most.</param>
    /// <param name="notice">Is told of progress.</param>
    /// <param name="stop">Gives up; what was encoded is kept.</param>
    /// <exception cref="RunError">There is no such snapshot, or the query cannot be used.</exception>
    /// <exception cref="DataException">The folder cannot be used.</exception>
    public static async Task<SearchResult> RunAsync(
        ModelPlace place, string folder, string? words, string? like, int most, Action<string> notice, CancellationToken stop)
    {
        if (words is null == like is null)
        {
            throw new RunError("search: give words or a picture to search by, one of the two.");
        }

        using var thread = new ComputeThread("search");
        return await thread.Run(() =>
        {
            var listing = PictureFolder.List(folder);
            using var model = new PictureModel(place, stop);
            var reading = words is null ? null : model.ReadingOf(words);
            var query = reading is null ? model.Picture(like!) : model.Texts([reading]);
            var index = model.Index(listing, notice, stop);
            var hits = NearestRows.Find(query, index.Features, most).Select((hit, i) => new SearchHit(i + 1, hit.Score, index.Files[hit.Row].Path));
            return new SearchResult(
                model.Name, model.Step, index.Files.Count, index.Encoded, [.. hits], index.Broken, reading?.Unknown ?? [], reading?.Unread ?? [],
                reading is { SaysNothing: true });
        }).ConfigureAwait(false);
    }
}
