using System.Text.Json;
using TiMix.Data.Formats;

namespace TiMix.Data.Tests.Formats;

/// <summary>What holds for every format: what is broken is reported, left out, and never ends the reading.</summary>
public sealed class PictureSourceTests : IDisposable
{
    private readonly SourceFiles _files = new();

    public void Dispose() => _files.Dispose();

    private List<SourcePicture> List(params object[] entries) => _files.Text("images/l.json", JsonSerializer.Serialize(entries)).Read("images/l.json");

    private static object Entry(string image, params string[] captions) => new { image, caption = captions };

    [Theory]
    [InlineData("../secret.png")]
    [InlineData("sub/../../secret.png")]
    [InlineData("../../../../../../etc/passwd")]
    [InlineData("/etc/passwd")]
    [InlineData("..\\secret.png")]
    [InlineData("../images-of-others/x.png")]
    [InlineData("..")]
    [InlineData("a\0b.png")]
    public void A_name_that_leads_out_of_the_directory_is_never_followed(string name)
    {
        _files.Picture("secret.png").Picture("images-of-others/x.png").Picture("images/a.png");
        Assert.Equal("a.png", Assert.Single(List(Entry(name, "stolen"), Entry("a.png", "own"))).Name);
        Assert.Equal([ProblemKind.OutsideDirectory], _files.Kinds);
        Assert.DoesNotContain('\0', _files.Problems[0].What);
    }

    [Fact]
    public void A_name_that_turns_back_inside_the_directory_is_followed()
    {
        _files.Picture("images/a.png").Picture("images/sub/b.png");
        var full = Path.Combine(_files.Root, "images", "sub", "b.png");
        Assert.Equal(2, List(Entry("sub/../a.png", "one"), Entry(full, "two")).Count);
        Assert.Empty(_files.Problems);
    }

    [Fact]
    public void Every_kind_of_broken_picture_is_told_apart()
    {
        _files.Picture("images/good.png").Text("images/text.png", "no picture").Text("images/empty.png", "");
        Directory.CreateDirectory(_files.In("images/directory.png"));
        var jpeg = TestImages.Encode(64, 64, SkiaSharp.SKEncodedImageFormat.Jpeg);
        File.WriteAllBytes(_files.In("images/cut.jpg"), jpeg[..^200]);
        File.WriteAllBytes(_files.In("images/huge.png"), TestImages.PngHeader(100_000, 100_000));
        File.WriteAllBytes(_files.In("images/misnamed.png"), jpeg);
        var read = List(
            Entry("absent.png", "a"), Entry("directory.png", "a"), Entry("empty.png", "a"), Entry("text.png", "a"), Entry("cut.jpg", "a"),
            Entry("huge.png", "a"),
            Entry("good.png", "a"), Entry("misnamed.png", "a"));
        Assert.Equal(
            [ProblemKind.MissingPicture, ProblemKind.MissingPicture, ProblemKind.MissingPicture, ProblemKind.BrokenPicture, ProblemKind.BrokenPicture,
                ProblemKind.BrokenPicture], _files.Kinds);
        Assert.Equal(Enumerable.Range(1, 6).Select(i => $"l.json: entry {i}"), _files.Problems.Select(problem => problem.Where));
        Assert.Equal([("good.png", "png", 6), ("misnamed.png", "jpg", 7)], read.Select(picture => (picture.Name, picture.Extension, picture.Position)));
    }

    [Fact]
    public void Captions_without_a_word_are_left_out_and_a_picture_without_any_too()
    {
        _files.Picture("images/a.png").Picture("images/bb.png");
        var read = List(Entry("a.png", "", "👍🏽", "日本語", "two 👍🏽"), Entry("bb.png", " "));
        Assert.Equal(["日本語", "two 👍🏽"], Assert.Single(read).Captions);
        Assert.Equal([ProblemKind.EmptyCaption, ProblemKind.EmptyCaption, ProblemKind.EmptyCaption, ProblemKind.NoCaption], _files.Kinds);
        Assert.Equal("l.json: entry 1, caption 2", _files.Problems[1].Where);
    }

    [Fact]
    public void Boxes_are_held_against_the_picture_that_was_decoded()
    {
        _files.Picture("a.png", 20, 10).Picture("dot.png", 1, 1).Text("r.json", """
            [{"image": "a.png", "caption": "all", "elems": [
               {"bb": [0, 0, 20, 10], "caption": "whole"}, {"bb": [-0.5, 0, 20.9, 10.4], "caption": "rounded"},
               {"bb": [15, 5, 10, 10], "caption": "over the edge"},
               {"bb": [20, 0, 5, 5], "caption": "beside"}, {"bb": [-9, -9, 5, 5], "caption": "before"}, {"bb": [3, 3, 0, 4], "caption": "line"},
               {"bb": [3, 3, -1, 4], "caption": "inverted"}, {"bb": [0, 0, 20, 10], "caption": "whole"}, {"bb": [1, 1, 1, 1], "caption": "..."}]},
             {"image": "dot.png", "caption": "a dot", "elems": [{"bb": [0, 0, 1, 1], "caption": "the dot"}]}]
            """);
        var read = _files.Read("r.json");
        Assert.Equal(
            [new Region(new Box(0, 0, 20, 10), "whole"), new Region(
                new Box(-0.5f, 0, 20.9f, 10.4f), "rounded"), new Region(new Box(15, 5, 5, 5), "over the edge")], read[0].Regions);
        Assert.Equal("the dot", Assert.Single(read[1].Regions).Phrase);
        Assert.Equal(
            [ProblemKind.BoxCut, ProblemKind.BoxOutside, ProblemKind.BoxOutside, ProblemKind.BadBox, ProblemKind.BadBox, ProblemKind.Duplicate,
                ProblemKind.NoPhrase], _files.Kinds);
        Assert.Equal("[20, 0, 5, 5] does not touch the picture of 20 x 10", _files.Problems[1].What);
    }

    [Fact]
    public void Pictures_and_problems_come_in_the_order_of_the_source_however_many_there_are()
    {
        for (var i = 0; i < 100; i += 2)
        {
            _files.Picture($"images/{i}.png");
        }

        var read = List([.. Enumerable.Range(0, 100).Select(i => Entry($"{i}.png", $"caption {i}"))]);
        Assert.Equal(Enumerable.Range(0, 50).Select(i => 2 * i), read.Select(picture => picture.Position));
        Assert.Equal(Enumerable.Range(0, 50).Select(i => $"l.json: entry {(2 * i) + 2}"), _files.Problems.Select(problem => problem.Where));
    }

    [Fact]
    public void Shards_are_a_source_like_any_other()
    {
        new TarBuilder().AddSample("one", TestImages.Encode(4, 4), "a dog").Add("two.txt", "no picture").Add("three.png", TestImages.Encode(4, 4))
            .Add("three.json", "{").Save(_files.In("s.tar"));
        Assert.Equal("one", Assert.Single(_files.Read("s.tar")).Name);
        Assert.Equal((PictureFormats.Shards, 3), (_files.Format, _files.Count));
        Assert.Equal(
            [(ProblemKind.MissingPicture, "s.tar: two"), (ProblemKind.BrokenEntry, "s.tar: three")],
            _files.Problems.Select(problem => (problem.Kind, problem.Where)).OrderByDescending(pair => pair.Where));
    }

    [Fact]
    public void Counts_are_of_what_can_be_used()
    {
        _files.Picture("a.png").Picture("bb.png").Text("r.json", """
            [{"image": "a.png", "caption": ["one two", "three"], "elems": [{"bb": [0, 0, 2, 2], "caption": ["x", "y"]}, {"bb": [1, 1, 2, 2], "caption": "z"}]},
             {"image": "bb.png", "caption": "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31"},
             {"image": "none.png", "caption": "x"}]
            """);
        var statistics = new SourceStatistics();
        _files.Read("r.json").ForEach(statistics.Add);
        Assert.Equal((2, 3L, 1, 2), (statistics.Pictures, statistics.Pairs, statistics.FewestCaptions, statistics.MostCaptions));
        Assert.Equal((34L, 31, 1L), (statistics.Words, statistics.MostWords, statistics.CutCaptions));
        Assert.Equal((2L, 3L, 1), (statistics.Boxes, statistics.Phrases, statistics.PicturesWithBoxes));
    }

    [Theory]
    [InlineData("absent.json", null, "no such file or directory")]
    [InlineData("l.json", "coko", "\"coko\" is no format; right would be shards, coco")]
    [InlineData("l.json", "flickr-entities", "is a file; flickr-entities is a directory")]
    [InlineData("l.json", "karpathy", "names no picture, read as karpathy")]
    [InlineData(".", null, "is a directory without Sentences")]
    [InlineData("s-{0..1}.tar", null, "2 of 2 shards missing")]
    public void A_source_that_is_not_what_it_is_said_to_be_is_the_users_mistake(string source, string? format, string expected)
    {
        _files.Text("l.json", """[{"image": "a.png", "caption": "one"}]""");
        Assert.Contains(expected, _files.Mistake(_files.Options(source) with { Format = format }), StringComparison.Ordinal);
    }

    [Fact]
    public void A_split_or_a_directory_of_pictures_that_cannot_be_is_the_users_mistake()
    {
        _files.Text("l.json", """[{"image": "a.png", "caption": "one"}]""");
        Assert.Contains("list has no splits", _files.Mistake(_files.Options("l.json") with { Split = "test" }), StringComparison.Ordinal);
        Assert.Contains(
            "no such directory; --images", _files.Mistake(_files.Options("l.json") with { Images = _files.In("nowhere") }), StringComparison.Ordinal);
    }
}
