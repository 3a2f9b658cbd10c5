using System.Text;
using TiMix.Data.Formats;

namespace TiMix.Data.Tests.Formats;

public sealed class ListTests : IDisposable
{
    private readonly SourceFiles _files = new SourceFiles().Picture("a.png").Picture("sub/b.png");

    public void Dispose() => _files.Dispose();

    [Fact]
    public void Entries_of_the_same_picture_are_its_captions_wherever_they_stand()
    {
        _files.Text("l.json", """
            [{"image": "a.png", "caption": "one", "image_id": "coco_1"}, {"image": "sub/b.png", "caption": ["two", "three"]},
             {"image": "./a.png", "caption": "four"}, {"image": "sub\\b.png", "caption": "two"}]
            """, mark: true);
        var read = _files.Read("l.json");
        Assert.Equal((PictureFormats.List, 2), (_files.Format, _files.Count));
        Assert.Equal(["one", "four"], read[0].Captions);
        Assert.Equal(["two", "three", "two"], read[1].Captions);
        Assert.Equal(("l.json: entry 2 and 1 more, caption 3", ProblemKind.Duplicate), (_files.Problems.Single().Where, _files.Problems.Single().Kind));
    }

    [Fact]
    public void Regions_give_a_phrase_for_every_caption_and_attribute()
    {
        _files.Text("r.json", """
            [{"image": "a.png", "caption": "whole", "elems": [
               {"bb": [1, 2, 3, 4], "caption": "dog", "attributes": ["brown", "small"]}, {"bb": [0, 0, 20, 10], "caption": ["grass", "lawn"]},
               {"bb": [5, 5, 1, 1], "caption": "ear", "attributes": "left"}, {"bb": [1, 2, 3], "caption": "x"}, {"bb": [1, 2, 3, 4]}, 5]}]
            """);
        var picture = Assert.Single(_files.Read("r.json"));
        Assert.Equal(PictureFormats.Regions, _files.Format);
        Assert.Equal(["brown dog", "small dog", "grass", "lawn", "left ear"], picture.Regions.Select(region => region.Phrase));
        Assert.Equal(new Box(1, 2, 3, 4), picture.Regions[1].Box);
        Assert.Equal([ProblemKind.BadBox, ProblemKind.NoPhrase, ProblemKind.BrokenEntry], _files.Kinds);
        Assert.Equal("r.json: entry 1, elems[3]", _files.Problems[0].Where);
    }

    [Fact]
    public void Lines_are_read_one_by_one_and_a_broken_one_breaks_no_other()
    {
        _files.Text("l.jsonl", "{\"image\": \"a.png\", \"caption\": \"one\"}\r\n\r\n{\"image\": \"a.png\", \"capt\r\n{\"caption\": "
            + "\"nobody\"}\r\n{\"image\": \"sub/b.png\", \"elems\": [], \"caption\": [\"two\", 3]}\r\n{\"image\": \"sub/b.png\", \"caption\": \"three\"}",
            mark: true);
        var read = _files.Read("l.jsonl");
        Assert.Equal(PictureFormats.List, _files.Format);
        Assert.Equal(["one", "three"], read.SelectMany(picture => picture.Captions));
        Assert.Equal(["l.jsonl: line 3", "l.jsonl: line 4", "l.jsonl: line 5"], _files.Problems.Select(problem => problem.Where));
        Assert.Equal(PictureFormats.Regions, Detected("""{"image": "a.png", "elems": []}"""));
    }

    [Fact]
    public void Other_names_of_members_can_be_said()
    {
        var options = _files.Text("l.json", """[{"file": "a.png", "text": "one"}]""").Options("l.json") with { ImageKey = "file", CaptionKey = "text" };
        Assert.Equal("one", Assert.Single(_files.Read(options)).Captions[0]);
        Assert.Contains(
            "names no picture, read as list (l.json: entry 1: it is not an object whose \"image\"", _files.Mistake(_files.Options("l.json")),
            StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_torn_is_used_up_to_the_tear()
    {
        _files.Text("l.json", "[{\"image\": \"a.png\", \"caption\": \"one\"},\n{\"image\": \"sub/b.png\", \"caption\": \"tw");
        Assert.Equal("one", Assert.Single(_files.Read("l.json")).Captions[0]);
        Assert.Contains("line 2", Assert.Single(_files.Problems).What, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"a": 1}""", "cannot be told from its content")]
    [InlineData("no json", "cannot be told from its content")]
    [InlineData("", "cannot be told from its content")]
    [InlineData("[]", "names no picture")]
    public void What_is_no_format_is_said_so(string content, string expected) =>
        Assert.Contains(expected, _files.Text("x.json", content).Mistake(_files.Options("x.json")), StringComparison.Ordinal);

    private string Detected(string content) => PictureFormats.Detect(_files.Text("detected.json", content).In("detected.json"));
}
