using TiMix.Data.Shards;

namespace TiMix.Data.Formats;

/// <summary>WebDataset shards, as training reads them.</summary>
internal sealed class ShardFormat(string pattern) : IPictureFormat
{
    private readonly ShardIndex _index = ShardIndex.Open(pattern, null);

    public string Name => PictureFormats.Shards;

    public string ImagesDirectory => Directory.GetCurrentDirectory();

    public Repetition Repetition => Repetition.Meaningless;

    /// <summary>Samples, usable or not.</summary>
    public int Count => _index.Count;

    public void Dispose() => _index.Dispose();

    public IEnumerable<PictureEntry> Entries(Action<SourceProblem> problem)
    {
        foreach (var found in _index.Problems)
        {
            problem(found.Unused == 0
                ? new SourceProblem(ProblemKind.DamagedFile, found.Where, found.What)
                : new SourceProblem(ProblemKind.NotUsed, found.Where, found.What) { Count = found.Unused });
        }

        for (var i = 0; i < _index.Count; i++)
        {
            RawSample sample;
            try
            {
                sample = _index.Read(i);
            }
            catch (SampleException e)
            {
                problem(new SourceProblem(ProblemKind.BrokenEntry, _index.NameOf(i), e.Message));
                continue;
            }

            foreach (var left in sample.LeftOut)
            {
                problem(new SourceProblem(ProblemKind.BrokenEntry, _index.NameOf(i), $"in its json, {left}; the rest is used"));
            }

            yield return new PictureEntry(_index.NameOf(i), sample.Key, sample.Captions, sample.Regions) { Bytes = sample.Image, Questions = sample.Questions };
        }
    }
}
