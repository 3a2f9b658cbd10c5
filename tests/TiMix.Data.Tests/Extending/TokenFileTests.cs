using TiMix.Data.Formats;

namespace TiMix.Data.Tests.Extending;

/// <summary>The example of a format in docs/extending.md at work.</summary>
public sealed class TokenFileTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Captions_of_one_picture_come_together_and_a_broken_line_is_told()
    {
        var file = _directory.File("Flickr8k.token.txt");
        File.WriteAllText(file, "a.jpg#0\tA dog .\na.jpg#1\tA brown dog .\nno tab\nb.jpg#0\tA cat .\n");
        using var format = new TokenFileFormat(file);
        var problems = new List<SourceProblem>();
        var pictures = new PictureGroups(format).Pictures(problems.Add).ToList();
        Assert.Equal(["a.jpg", "b.jpg"], pictures.Select(picture => picture.Image));
        Assert.Equal(["A dog .", "A brown dog ."], pictures[0].Captions);
        Assert.Equal((ProblemKind.BrokenEntry, "Flickr8k.token.txt: line 3"), (problems.Single().Kind, problems.Single().Where));
        Assert.Equal(_directory.Path, format.ImagesDirectory);
    }
}
