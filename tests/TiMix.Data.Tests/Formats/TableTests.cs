using TiMix.Data.Formats;

namespace TiMix.Data.Tests.Formats;

public sealed class TableTests : IDisposable
{
    private readonly SourceFiles _files = new SourceFiles().Picture("a.png").Picture("b.png");

    public void Dispose() => _files.Dispose();

    [Fact]
    public void Columns_of_open_clip_are_known_and_a_picture_may_have_many_lines()
    {
        _files.Text("t.tsv", "filepath\ttitle\r\na.png\tone, with comma\r\nb.png\t\"two \"\"quoted\"\"\"\r\na.png\tдва 🐕\r\n", mark: true);
        var read = _files.Read("t.tsv");
        Assert.Equal((PictureFormats.Table, 2), (_files.Format, _files.Count));
        // A picture comes when its last line has been read.
        Assert.Equal(["b.png", "a.png"], read.Select(picture => picture.Name));
        Assert.Equal(["two \"quoted\""], read[0].Captions);
        Assert.Equal(["one, with comma", "два 🐕"], read[1].Captions);
        Assert.Empty(_files.Problems);
    }

    [Fact]
    public void Separator_and_columns_can_be_said()
    {
        _files.Text("t.csv", "id;pic;words\n1;a.png;one\n2;b.png;two\n");
        var options = _files.Options("t.csv") with { Separator = ";", ImageKey = "pic", CaptionKey = "words" };
        Assert.Equal(["one", "two"], _files.Read(options).Select(picture => picture.Captions[0]));
        Assert.Contains("it has \"id;pic;words\"", _files.Mistake(_files.Options("t.csv")), StringComparison.Ordinal);
        Assert.Contains("no column \"pix\"; it has \"id\", \"pic\", \"words\"", _files.Mistake(options with { ImageKey = "pix" }), StringComparison.Ordinal);
    }

    [Fact]
    public void Lines_that_are_not_as_the_first_are_named_by_their_number()
    {
        _files.Text("t.csv", "image,caption\na.png,one\nb.png\n,nobody\nb.png,two,three\nb.png,four\nb.png,\"open\nb.png,five\n");
        Assert.Equal(["one", "four"], _files.Read("t.csv").Select(picture => picture.Captions[0]));
        Assert.Equal(["t.csv: line 3", "t.csv: line 4", "t.csv: line 5", "t.csv: line 7"], _files.Problems.Select(problem => problem.Where));
        Assert.All(_files.Kinds, kind => Assert.Equal(ProblemKind.BrokenEntry, kind));
    }

    // What Python's csv gives of the same lines.
    [Theory]
    [InlineData("a 27\" wheel", "a 27\" wheel")]
    [InlineData("it says \"stop\", loudly", "it says \"stop\", loudly")]
    [InlineData("\"all, of it\" and more", "all, of it and more")]
    [InlineData("\"a \"\"proper\"\" one\"", "a \"proper\" one")]
    [InlineData("\"he said \"\"hi\"\"\" and left", "he said \"hi\" and left")]
    [InlineData("\"a\"\" b\" c\"d\"", "a\" b c\"d\"")]
    [InlineData("a\"\"b", "a\"\"b")]
    [InlineData("\"tab\there\" too", "tab\there too")]
    public void A_quotation_mark_encloses_only_where_a_field_begins(string field, string caption)
    {
        _files.Text("t.tsv", $"title\tfilepath\n{field}\ta.png\r\nplain\tb.png\n");
        Assert.Equal([caption, "plain"], _files.Read("t.tsv").Select(picture => picture.Captions[0]));
        Assert.Empty(_files.Problems);
    }

    [Fact]
    public void A_table_in_UTF_16_with_its_mark_is_read()
    {
        File.WriteAllText(_files.In("t.tsv"), "filepath\ttitle\na.png\tзимний дом\n", System.Text.Encoding.Unicode);
        Assert.Equal(["зимний дом"], Assert.Single(_files.Read("t.tsv")).Captions);
    }

    [Fact]
    public void A_quotation_mark_that_is_never_closed_is_found_and_can_be_text()
    {
        var lines = string.Concat(Enumerable.Range(0, 40).Select(i => $"b.png\tcaption {i}\n"));
        _files.Text("t.tsv", "filepath\ttitle\na.png\tone\na.png\t\"Quote, she said\n" + lines);
        Assert.Equal(["one"], _files.Read("t.tsv").SelectMany(picture => picture.Captions));
        Assert.Contains("quotation mark", Assert.Single(_files.Problems).What, StringComparison.Ordinal);
        var text = _files.Read(_files.Options("t.tsv") with { Quoting = false });
        Assert.Equal(["one", "\"Quote, she said"], text[0].Captions);
        Assert.Equal(40, text[1].Captions.Count);
    }

    [Fact]
    public void Text_that_is_not_utf8_is_reported_and_kept()
    {
        File.WriteAllBytes(_files.In("t.tsv"), [.. "filepath\ttitle\na.png\tcaf"u8, 0xE9, .. " noir\n"u8]);
        Assert.Equal("caf\uFFFD noir", Assert.Single(_files.Read("t.tsv")).Captions[0]);
        Assert.Equal([ProblemKind.DamagedText], _files.Kinds);
    }
}
