using TiMix.Data;
using TiMix.Data.Loading;
using TiMix.Data.Pictures;

namespace TiMix.Work.Search;

/// <summary>Pictures to features.</summary>
/// <param name="pixels">uint8 [count, 3, S, S], planar RGB.</param>
/// <param name="count">At least 1.</param>
/// <returns>[count, d], L2-normalised.</returns>
internal delegate float[] PictureEncoder(byte[] pixels, int count);

/// <summary>What a model makes of the pictures in a folder.</summary>
/// <param name="Files">Those that can be used, by path.</param>
/// <param name="Features">[files, d], L2-normalised.</param>
/// <param name="Encoded">How many had to be encoded now; the others were known.</param>
/// <param name="Broken">Pictures and folders that cannot be used, and why.</param>
internal sealed record FeatureIndex(IReadOnlyList<PictureFile> Files, float[] Features, int Encoded, IReadOnlyList<DataProblem> Broken)
{
    /// <summary>Pictures that are encoded at a time; always so many, so that a feature does not hang on how many others are new.</summary>
    public const int BatchSize = 16;
    private const int MostDecoders = 4;
    private const int ProgressParts = 10;
    private const int QuietBatches = 4;

    /// <summary>
    /// Takes what the cache knows and encodes the rest, a batch at a time. What was encoded is kept after each tenth, and also
    /// when it is stopped.
    /// </summary>
    /// <param name="listing">The folder.</param>
    /// <param name="encode">The model.</param>
    /// <param name="options">Shapes.</param>
    /// <param name="cache">Of this folder and this model.</param>
    /// <param name="notice">Is told of progress and of a cache that is of no use.</param>
    /// <param name="stop">Gives up.</param>
    /// <exception cref="DataException">Not one of the pictures can be used.</exception>
    public static FeatureIndex Build(
        PictureListing listing, PictureEncoder encode, LoaderOptions options, FeatureCache cache, Action<string> notice, CancellationToken stop)
    {
        var files = listing.Files;
        var (known, damage) = cache.Read();
        if (damage is not null)
        {
            notice($"{damage} All pictures are encoded again.");
        }

        PictureFile[] missing = [.. files.Where(file => !known.ContainsKey(file))];
        List<DataProblem> broken = [.. listing.Problems];
        var (kept, done, encoded, told) = (damage is null ? known.Count : -1, 0, 0, 0);
        void Keep()
        {
            var usable = Usable(files, known);
            if (encoded == 0 && usable.Length == kept)
            {
                return;
            }

            if (cache.Write(usable, Rows(usable, known)) is { } problem)
            {
                notice(problem);
            }
        }

        try
        {
            foreach (var batch in missing.Chunk(BatchSize))
            {
                stop.ThrowIfCancellationRequested();
                encoded += Encode(listing.Folder, batch, encode, options, known, broken);
                done += batch.Length;
                if (missing.Length > QuietBatches * BatchSize && (long)done * ProgressParts / missing.Length > told)
                {
                    told = (int)((long)done * ProgressParts / missing.Length);
                    notice(FormattableString.Invariant($"encoded {done} of {missing.Length} pictures"));
                    if (done < missing.Length)
                    {
                        Keep();
                    }
                }
            }
        }
        finally
        {
            Keep();
        }

        var all = Usable(files, known);
        return all.Length > 0
            ? new FeatureIndex(all, Rows(all, known), encoded, broken)
            : throw new DataException(
                $"{listing.Folder}: not one of its {files.Count} pictures can be used; the first, {broken[^files.Count].Where}, {broken[^files.Count].What}.");
    }

    /// <summary>Decodes in parallel, each picture into a place of its own, and encodes as one batch, filled up with black.</summary>
    /// <returns>How many came to features.</returns>
    private static int Encode(
        string folder, PictureFile[] batch, PictureEncoder encode, LoaderOptions options, Dictionary<PictureFile, float[]> known, List<DataProblem> broken)
    {
        var size = 3 * options.ImageSize * options.ImageSize;
        var pixels = new byte[BatchSize * size];
        var reasons = new string?[batch.Length];

        // Few at a time: a picture may take MaxPixels times four bytes while it is decoded.
        Parallel.For(0, batch.Length, new ParallelOptions { MaxDegreeOfParallelism = Math.Min(MostDecoders, Environment.ProcessorCount) }, i =>
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
        var features = encode(pixels, BatchSize);
        var width = features.Length / BatchSize;
        for (var i = 0; i < batch.Length; i++)
        {
            var feature = features.AsSpan(i * width, width).ToArray();
            if (reasons[i] is null && !feature.All(float.IsFinite))
            {
                reasons[i] = "comes to a feature that is no number";
            }

            if (reasons[i] is { } reason)
            {
                broken.Add(new DataProblem(batch[i].Path, reason));
            }
            else
            {
                known[batch[i]] = feature;
            }
        }

        return reasons.Count(reason => reason is null);
    }

    private static PictureFile[] Usable(IReadOnlyList<PictureFile> files, Dictionary<PictureFile, float[]> known) => [.. files.Where(known.ContainsKey)];

    private static float[] Rows(PictureFile[] files, Dictionary<PictureFile, float[]> known)
    {
        var width = files.Length == 0 ? 0 : known[files[0]].Length;
        var rows = new float[files.Length * width];
        for (var i = 0; i < files.Length; i++)
        {
            known[files[i]].CopyTo(rows, i * width);
        }

        return rows;
    }
}
