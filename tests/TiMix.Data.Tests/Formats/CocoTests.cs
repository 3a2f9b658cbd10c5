using TiMix.Data.Formats;

namespace TiMix.Data.Tests.Formats;

public sealed class CocoTests : IDisposable
{
    private const string Captions = """
        {"info": {"images": [1, 2]}, "annotations": [
          {"id": 1, "image_id": 7, "caption": "A dog."}, {"id": 2, "image_id": 3, "caption": "一只猫 🐈"},
          {"id": 3, "image_id": 7, "caption": "كلب صغير"}, {"id": 4, "image_id": 99, "caption": "nobody"}, {"id": 5, "image_id": 3}],
         "licenses": [], "images": [{"id": 3, "file_name": "cat.png"}, {"id": 7, "file_name": "dog.png", "width": 20}]}
        """;

    private const string Instances = """
        {"images": [{"id": 3, "file_name": "cat.png"}, {"id": 7, "file_name": "dog.png"}],
         "annotations": [
          {"image_id": 7, "bbox": [1, 2, 3.5, 4], "category_id": 18, "segmentation": [[1, 2, 3]]},
          {"image_id": 7, "bbox": [1, 2, 3], "category_id": 18}, {"image_id": 3, "bbox": [0, 0, 5, 5], "category_id": 5}],
         "categories": [{"id": 18, "name": "dog"}]}
        """;

    private readonly SourceFiles _files = new SourceFiles().Picture("cat.png").Picture("dog.png");

    public void Dispose() => _files.Dispose();

    [Fact]
    public void Captions_are_joined_to_pictures_in_the_order_of_the_pictures()
    {
        var read = _files.Text("c.json", Captions).Read("c.json");
        Assert.Equal((PictureFormats.Coco, 2), (_files.Format, _files.Count));
        Assert.Equal(["cat.png", "dog.png"], read.Select(picture => picture.Name));
        Assert.Equal(["一只猫 🐈"], read[0].Captions);
        Assert.Equal(["A dog.", "كلب صغير"], read[1].Captions);
        Assert.Equal(("png", 20, 10, 1), (read[1].Extension, read[1].Width, read[1].Height, read[1].Position));
        Assert.Equal([ProblemKind.BrokenEntry, ProblemKind.BrokenEntry], _files.Kinds);
        Assert.Equal(("c.json: annotations[4]", "c.json: annotations[3]"), (_files.Problems[0].Where, _files.Problems[1].Where));
        Assert.Contains("no image with id 99", _files.Problems[1].What, StringComparison.Ordinal);
    }

    [Fact]
    public void Instances_give_boxes_with_the_names_of_their_categories()
    {
        var options = _files.Text("c.json", Captions).Text("i.json", Instances).Options("c.json") with { Boxes = _files.In("i.json") };
        var read = _files.Read(options);
        Assert.Empty(read[0].Regions);
        Assert.Equal([new Region(new Box(1, 2, 3.5f, 4), "dog")], read[1].Regions);
        Assert.Equal(1, _files.Kinds.Count(kind => kind == ProblemKind.BadBox));
        Assert.Contains("category with id 5", Assert.Single(_files.Problems, problem => problem.Kind == ProblemKind.NoPhrase).What, StringComparison.Ordinal);
    }

    [Fact]
    public void Numbers_are_the_same_however_they_are_written_and_numbers_that_are_none_hurt_nobody()
    {
        _files.Text("c.json", """
            {"images": [{"id": 1, "file_name": "cat.png", "score": Infinity}, {"id": 20e0, "file_name": "dog.png"}],
             "annotations": [{"image_id": 1.0, "caption": "NaN is a bread, \"NaN\"", "area": NaN},
              {"image_id": 20.00, "caption": "two"}, {"image_id": 1.5, "caption": "x"},
              {"image_id": 20, "bbox": [1, 1, 4, 4], "category_id": 7.0}, {"image_id": 20, "bbox": [1, NaN, 4, 4], "category_id": 7},
              {"image_id": NaN, "caption": "y"},
              {"image_id": 20, "bbox": NaN, "caption": "three", "area": -Infinity}],
             "categories": [{"id": 7, "name": "dog"}]}
            """);
        var read = _files.Read("c.json");
        Assert.Equal(["NaN is a bread, \"NaN\""], read[0].Captions);
        Assert.Equal(["two", "three"], read[1].Captions);
        Assert.Equal("dog", Assert.Single(read[1].Regions).Phrase);
        Assert.Equal([ProblemKind.BadBox, ProblemKind.BrokenEntry, ProblemKind.BrokenEntry], _files.Kinds);
        Assert.Contains("no image with id 1.5", _files.Problems[2].What, StringComparison.Ordinal);
    }

    [Fact]
    public void Boxes_of_crowds_are_left_out_and_counted()
    {
        _files.Text("c.json", """
            {"images": [{"id": 1, "file_name": "cat.png", "caption": "cats"}],
             "annotations": [{"image_id": 1, "bbox": [0, 0, 20, 10], "iscrowd": 1}, {"image_id": 1, "bbox": [1, 1, 4, 4], "iscrowd": 0},
              {"image_id": 1, "bbox": [0, 0, 20, 9], "iscrowd": true}, {"image_id": 1, "bbox": [1, 1, 5, 5], "iscrowd": false},
              {"image_id": 1, "bbox": [1, 1, 6, 6]}]}
            """);
        Assert.Equal([4, 5, 6], Assert.Single(_files.Read("c.json")).Regions.Select(region => (int)region.Box.Width));
        Assert.Equal([ProblemKind.Crowd, ProblemKind.Crowd], _files.Kinds);
        Assert.Equal("c.json: annotations[2]", _files.Problems[1].Where);
    }

    [Fact]
    public void A_file_in_UTF_16_with_its_mark_is_read_and_a_compressed_one_is_called_so()
    {
        File.WriteAllText(_files.In("c.json"), Captions, System.Text.Encoding.BigEndianUnicode);
        Assert.Equal(["一只猫 🐈"], _files.Read("c.json")[0].Captions);
        using (var zipped = new System.IO.Compression.GZipStream(File.Create(_files.In("z.json")), System.IO.Compression.CompressionLevel.Fastest))
        {
            zipped.Write(System.Text.Encoding.UTF8.GetBytes(Captions));
        }

        Assert.Contains("z.json: is compressed (gzip); unpack it first", _files.Mistake(_files.Options("z.json")), StringComparison.Ordinal);
    }

    [Fact]
    public void Boxes_of_other_pictures_are_a_mistake_and_a_name_may_have_another_directory()
    {
        _files.Text("c.json", Captions);
        var options = _files.Options("c.json") with { Boxes = _files.In("r.json") };
        _files.Text("r.json", """[{"image": "coco/val/dog.png", "elems": [{"bb": [0, 0, 2, 2], "caption": "nose"}]}]""");
        Assert.Equal("nose", Assert.Single(_files.Read(options)[1].Regions).Phrase);
        _files.Text("r.json", """[{"image": "bird.png", "elems": [{"bb": [0, 0, 2, 2], "caption": "nose"}]}]""");
        Assert.Contains("none of which is in", _files.Mistake(options), StringComparison.Ordinal);
    }

    [Fact]
    public void A_region_file_in_cocos_form_has_phrases_of_its_own()
    {
        _files.Text("c.json", """
            {"images": [{"id": "a", "file_name": "dog.png"}, {"id": "a", "file_name": "cat.png"}, {"id": "b", "file_name": "dog.png"}],
             "annotations": [{"image_id": "a", "caption": "one"}, {"image_id": "a", "caption": "the ear", "bbox": [1, 1, 2, 2]},
                             {"image_id": "b", "caption": "two"}]}
            """);
        var picture = Assert.Single(_files.Read("c.json"));
        Assert.Equal(["one", "two"], picture.Captions);
        Assert.Equal("the ear", Assert.Single(picture.Regions).Phrase);
        Assert.Equal([ProblemKind.Duplicate, ProblemKind.Duplicate], _files.Kinds);
        Assert.Contains("second image with id a", _files.Problems[0].What, StringComparison.Ordinal);
        Assert.Contains("dog.png was there before", _files.Problems[1].What, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_torn_is_used_up_to_the_tear()
    {
        var cut = Captions.IndexOf(", {\"id\": 7", StringComparison.Ordinal);
        var read = _files.Text("c.json", Captions[..(cut + 8)]).Read("c.json");
        Assert.Equal("cat.png", Assert.Single(read).Name);
        var torn = Assert.Single(_files.Problems, problem => problem.Kind == ProblemKind.DamagedFile);
        Assert.Matches("line 4, byte [0-9]+; the 6 entries before it are used", torn.What);
    }

    [Fact]
    public void Elements_larger_than_the_buffer_and_cut_at_every_byte_of_it_are_read()
    {
        // Captions grow by one byte, so that somewhere every place of an element falls on the buffer's end.
        var annotations = string.Join(",\n", Enumerable.Range(0, 600).Select(i => $$"""{"image_id": 3, "caption": "{{new string('a', i)}} {{i}} é"}"""));
        var last = $$"""{"image_id": 3, "caption": "{{new string('b', 200_000)}}"}""";
        _files.Text("c.json", $$"""{"annotations": [{{annotations}}, {{last}}], "images": [{"id": 3, "file_name": "cat.png"}]}""", mark: true);
        var picture = Assert.Single(_files.Read("c.json"));
        Assert.Equal(601, picture.Captions.Count);
        Assert.All(Enumerable.Range(0, 600), i => Assert.Equal($"{new string('a', i)} {i} é", picture.Captions[i]));
        Assert.Equal(200_000, picture.Captions[600].Length);
        Assert.Empty(_files.Problems);
    }
}
