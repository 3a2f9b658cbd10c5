namespace TiMix.Data.Formats;

/// <summary>Flickr8k's token file: a line a caption, <c>1000268201_693b08cb0e.jpg#0</c>, a tab, the caption.</summary>
internal sealed class TokenFileFormat(string path) : IPictureFormat
{
    private readonly string _file = Path.GetFileName(path);

    public string Name => "token-file";

    public string ImagesDirectory => Path.GetDirectoryName(Path.GetFullPath(path))!;

    public Repetition Repetition => Repetition.Ordinary;

    public IEnumerable<PictureEntry> Entries(Action<SourceProblem> problem)
    {
        foreach (var (i, line) in File.ReadLines(path).Index())
        {
            var where = $"{_file}: line {i + 1}";
            if (line.Split('\t') is [var picture, var caption] && picture.LastIndexOf('#') is var mark and > 0)
            {
                yield return new PictureEntry(where, picture[..mark], [caption], []);
            }
            else
            {
                problem(new SourceProblem(ProblemKind.BrokenEntry, where, "a line is PICTURE#NUMBER, a tab and a caption; this one is not"));
            }
        }
    }

    public void Dispose()
    {
    }
}
