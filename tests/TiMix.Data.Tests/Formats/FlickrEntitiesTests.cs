using TiMix.Data.Formats;

namespace TiMix.Data.Tests.Formats;

public sealed class FlickrEntitiesTests : IDisposable
{
    private const string Object = "<object><name>{0}</name><bndbox><xmin>{1}</xmin><ymin>{2}</ymin><xmax>{3}</xmax><ymax>{4}</ymax></bndbox></object>";

    private readonly SourceFiles _files = new SourceFiles()
        .Picture("flickr30k-images/12.jpg").Picture("flickr30k-images/7.jpg").Picture("flickr30k-images/30.jpg")
        .Text(
            "Sentences/12.txt",
            "[/EN#1/people Two men] in [/EN#2/clothing/bodyparts red hats] by [/EN#3/scene the sea] .\r\n[/EN#1/people Two men] and [/EN#0/notvisual it] .\n")
        .Text("Annotations/12.xml", "<annotation><filename>12.jpg</filename>" + Boxed("1", 1, 1, 5, 10) + Boxed("1", 11, 1, 20, 10) + Boxed("2", 2, 2, 2, 2)
            + "<object><name>3</name><scene>1</scene><nobndbox>0</nobndbox></object></annotation>")
        .Text("Sentences/7.txt", "No marks here .\n").Text("Annotations/7.xml", "<annotation>")
        .Text("Sentences/30.txt", "[/EN#9/other A kite] .\n")
        .Text("test.txt", "7\n12\n\n../7\n555\n");

    public void Dispose() => _files.Dispose();

    [Fact]
    public void Marks_are_taken_out_of_captions_and_phrases_get_the_boxes_of_their_chain()
    {
        var read = _files.Read(_files.Root);
        Assert.Equal((PictureFormats.FlickrEntities, 3), (_files.Format, _files.Count));
        Assert.Equal(["12.jpg", "30.jpg", "7.jpg"], read.Select(picture => picture.Name));
        Assert.Equal(["Two men in red hats by the sea .", "Two men and it ."], read[0].Captions);
        // Corners count from 1 and are inclusive: 1 to 5 is five wide, 2 to 2 is one.
        Assert.Equal(
            [new Region(new Box(0, 0, 5, 10), "Two men"), new Region(new Box(10, 0, 10, 10), "Two men"), new Region(new Box(1, 1, 1, 1), "red hats")], read[0]
                .Regions);
        Assert.Equal(("A kite .", 0), (read[1].Captions[0], read[1].Regions.Count));
        Assert.Equal(["Annotations/30.xml", "Annotations/7.xml"], _files.Problems.Select(problem => problem.Where));
        Assert.Equal([ProblemKind.BrokenEntry, ProblemKind.DamagedFile], _files.Kinds);
    }

    [Fact]
    public void A_split_is_a_list_of_pictures()
    {
        Assert.Equal(["7.jpg", "12.jpg"], _files.Read(new SourceOptions { Source = _files.Root, Split = "test" }).Select(picture => picture.Name));
        Assert.Equal(
            ["test.txt: line 4", "test.txt: line 5"],
            _files.Problems.Where(problem => problem.Where.StartsWith("test", StringComparison.Ordinal)).Select(problem => problem.Where));
        Assert.Contains(
            "no list val.txt for the split \"val\"; it has test", _files.Mistake(new SourceOptions { Source = _files.Root, Split = "val" }),
            StringComparison.Ordinal);
        Assert.Contains("no list ../test.txt", _files.Mistake(new SourceOptions { Source = _files.Root, Split = "../test" }), StringComparison.Ordinal);
    }

    private static string Boxed(string name, params int[] corners) =>
        string.Format(System.Globalization.CultureInfo.InvariantCulture, Object, [name, .. corners.Cast<object>()]);
}
