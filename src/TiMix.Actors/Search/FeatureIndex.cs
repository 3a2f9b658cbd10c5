using TiMix.Actors.Evaluation;
using TiMix.Data;

namespace TiMix.Actors.Search;

/// <summary>What a model makes of the pictures in a folder.</summary>
/// <param name="Files">Those that can be used, by path.</param>
/// <param name="Features">[files, d], L2-normalised.</param>
/// <param name="Encoded">How many had to be encoded now; the others were known.</param>
/// <param name="Broken">Those that cannot be used, and why.</param>
internal sealed record FeatureIndex(IReadOnlyList<PictureFile> Files, float[] Features, int Encoded, IReadOnlyList<DataProblem> Broken)
{
    /// <summary>Pictures that are encoded at a time; always so many, so that a feature does not hang on how many others are new.</summary>
    private const int BatchSize = 16;
    private const int ProgressParts = 10;

    /// <summary>Lists the folder, takes what the cache knows and encodes the rest. What was encoded is kept also when it is stopped.</summary>
    /// <param name="folder">With pictures.</param>
    /// <param name="model">Encodes.</param>
    /// <param name="options">Shapes.</param>
    /// <param name="cache">Of this folder and this model.</param>
    /// <param name="notice">Is told of progress and of a cache that is of no use.</param>
    /// <param name="stop">Gives up.</param>
    /// <exception cref="DataException">The folder cannot be used, or not one of its pictures can.</exception>
    public static FeatureIndex Build(string folder, EvaluatedModel model, LoaderOptions options, FeatureCache cache, Action<string> notice, CancellationToken stop)
    {
        var files = PictureFolder.List(folder);
        var (known, damage) = cache.Read();
        if (damage is not null)
        {
            notice($"{damage} All pictures are encoded again.");
        }

        PictureFile[] missing = [.. files.Where(file => !known.ContainsKey(file))];
        var broken = new List<DataProblem>();
        var (done, told) = (0, 0);
        try
        {
            foreach (var batch in missing.Chunk(BatchSize))
            {
                stop.ThrowIfCancellationRequested();
                Encode(folder, batch, model, options, known, broken);
                done += batch.Length;
                if (done * ProgressParts / missing.Length > told)
                {
                    told = done * ProgressParts / missing.Length;
                    notice(FormattableString.Invariant($"encoded {done} of {missing.Length} pictures"));
                }
            }
        }
        finally
        {
            PictureFile[] usable = [.. files.Where(known.ContainsKey)];
            if ((done > broken.Count || damage is not null || usable.Length != known.Count) && cache.Write(usable, Rows(usable, known)) is { } problem)
            {
                notice(problem);
            }
        }

        PictureFile[] all = [.. files.Where(known.ContainsKey)];
        return all.Length > 0
            ? new FeatureIndex(all, Rows(all, known), done - broken.Count, broken)
            : throw new DataException($"{folder}: not one of its {files.Count} pictures can be used; the first, {broken[0].Where}, {broken[0].What}.");
    }

    /// <summary>Decodes on all processors, each picture into a place of its own, and encodes as one batch, filled up with black.</summary>
    private static void Encode(string folder, PictureFile[] batch, EvaluatedModel model, LoaderOptions options, Dictionary<PictureFile, float[]> known, List<DataProblem> broken)
    {
        var size = 3 * options.ImageSize * options.ImageSize;
        var pixels = new byte[BatchSize * size];
        var reasons = new string?[batch.Length];
        Parallel.For(0, batch.Length, i =>
        {
            try
            {
                PictureReader.Read(Path.Combine(folder, batch[i].Path), options, pixels.AsSpan(i * size, size));
            }
            catch (SampleException error)
            {
                reasons[i] = error.Message;
                pixels.AsSpan(i * size, size).Clear();
            }
        });
        var features = model.ImageFeatures(pixels, BatchSize);
        var width = model.Config.EmbedDim;
        for (var i = 0; i < batch.Length; i++)
        {
            if (reasons[i] is { } reason)
            {
                broken.Add(new DataProblem(batch[i].Path, reason));
            }
            else
            {
                known[batch[i]] = features.AsSpan(i * width, width).ToArray();
            }
        }
    }

    private static float[] Rows(PictureFile[] files, Dictionary<PictureFile, float[]> known) => [.. files.SelectMany(file => known[file])];
}
