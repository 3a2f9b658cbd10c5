using System.Text;
using TiMix.Data.Formats;

namespace TiMix.Data.Tests.Formats;

/// <summary>A directory with pictures and the files of a format, and what is read from them.</summary>
internal sealed class SourceFiles : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public string Root => _directory.Path;

    public List<SourceProblem> Problems { get; } = [];

    public string In(string name) => _directory.File(name);

    public SourceFiles Picture(string name, int width = 20, int height = 10)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(In(name))!);
        File.WriteAllBytes(In(name), TestImages.Encode(width, height, salt: name.Length));
        return this;
    }

    public SourceFiles Text(string name, string content, bool mark = false)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(In(name))!);
        File.WriteAllText(In(name), content, new UTF8Encoding(mark));
        return this;
    }

    public SourceOptions Options(string source) => new() { Source = In(source) };

    public List<SourcePicture> Read(string source) => Read(Options(source));

    public List<SourcePicture> Read(SourceOptions options)
    {
        Problems.Clear();
        using var opened = PictureSource.Open(options);
        Format = opened.Format;
        Count = opened.Count;
        return [.. opened.Read(Problems.Add, TestContext.Current.CancellationToken)];
    }

    /// <summary>Of the last reading.</summary>
    public string Format { get; private set; } = "";

    /// <summary>Of the last reading.</summary>
    public int Count { get; private set; }

    /// <summary>Of the last reading, in order.</summary>
    public ProblemKind[] Kinds => [.. Problems.Select(problem => problem.Kind)];

    public string Mistake(SourceOptions options) => Assert.Throws<DataException>(() => Read(options)).Message;

    public void Dispose() => _directory.Dispose();
}
