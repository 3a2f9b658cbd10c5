using TiMix.Data.Formats;
using TiMix.Data.Loading;
using TiMix.Data.Shards;

namespace TiMix.Data.Tests.Formats;

/// <summary>A picture of 100 x 50 whose source says that it had 200 x 100 when its boxes were drawn.</summary>
public sealed class BoxSizeTests : IDisposable
{
    private static readonly Region Scaled = new(new Box(5, 4, 20, 10), "a dog");
    private readonly SourceFiles _files = new SourceFiles().Picture("a.png", 100, 50);

    public void Dispose() => _files.Dispose();

    [Theory]
    [InlineData("coco", """
        {"images": [{"id": 1, "file_name": "a.png", "caption": "a dog", "width": 200, "height": 100.0}],
         "annotations": [{"image_id": 1, "bbox": [10, 8, 40, 20]}]}
        """)]
    [InlineData("regions", """[{"image": "a.png", "caption": "it", "width": 200, "height": 100, "elems": [{"bb": [10, 8, 40, 20], "caption": "a dog"}]}]""")]
    [InlineData("regions", """{"image": "a.png", "caption": "it", "width": 200, "height": 100, "elems": [{"bb": [10, 8, 40, 20], "caption": "a dog"}]}""")]
    public void Boxes_are_scaled_and_the_picture_is_counted(string format, string source)
    {
        var read = Assert.Single(_files.Text("s.json", source).Read("s.json"));
        Assert.Equal(format, _files.Format);
        Assert.Equal([Scaled], read.Regions);
        var problem = Assert.Single(_files.Problems);
        Assert.Equal((ProblemKind.OtherSize, "a.png is 100 x 50, its boxes are of 200 x 100: scaled"), (problem.Kind, problem.What));

        var asStored = source.Replace("\"width\": 200", "\"width\": 100", StringComparison.Ordinal)
            .Replace("\"height\": 100", "\"height\": 50", StringComparison.Ordinal);
        _files.Text("s.json", asStored);
        Assert.Equal([new Region(new Box(10, 8, 40, 20), "a dog")], Assert.Single(_files.Read("s.json")).Regions);
        Assert.Empty(_files.Problems);
    }

    [Fact]
    public void A_second_source_of_boxes_has_sizes_of_its_own()
    {
        _files.Text("c.json", """[{"image": "a.png", "caption": "it"}]""").Text("i.json", """
            {"images": [{"id": 1, "file_name": "a.png", "width": 200, "height": 100}],
             "annotations": [{"image_id": 1, "bbox": [10, 8, 40, 20], "category_id": 3}],
             "categories": [{"id": 3.0, "name": "a dog"}]}
            """);
        Assert.Equal([Scaled], Assert.Single(_files.Read(_files.Options("c.json") with { Boxes = _files.In("i.json") })).Regions);
    }

    [Fact]
    public void Flickr30k_Entities_say_the_size_in_their_XML()
    {
        File.WriteAllBytes(_files.In("7.jpg"), TestImages.Encode(100, 50, SkiaSharp.SKEncodedImageFormat.Jpeg));
        _files.Text("Sentences/7.txt", "[/EN#1/animals a dog] .\n").Text("Annotations/7.xml", """
            <annotation><size><width>200</width><height>100</height><depth>3</depth></size>
            <object><name>1</name><bndbox><xmin>11</xmin><ymin>9</ymin><xmax>50</xmax><ymax>28</ymax></bndbox></object></annotation>
            """);
        Assert.Equal([Scaled], Assert.Single(_files.Read(_files.Root)).Regions);
        Assert.Equal([ProblemKind.OtherSize], _files.Kinds);
    }

    [Fact]
    public void Shards_say_it_in_their_json_and_training_evaluation_and_packing_scale_alike()
    {
        new TarBuilder().Add("a.png", TestImages.Encode(100, 50))
            .Add("a.json", """
                {"caption": "a dog", "width": 200, "height": 100,
                "regions": [{"box": [100, 50, 80, 40], "phrase": "a dog"}]}
                """).Save(_files.In("s.tar"));
        var box = new Box(50, 25, 40, 20);
        using (var source = PictureSource.Open(_files.Options("s.tar")))
        {
            var options = new PackOptions { Output = new ShardPattern(_files.In("packed.tar")) };
            ShardPacker.Pack(source, options, _ => { }, null, TestContext.Current.CancellationToken);
        }

        using var packed = ShardIndex.Open(_files.In("packed.tar"), null);
        Assert.Equal([new Region(box, "a dog")], packed.Read(0).Regions);
        using var given = ShardIndex.Open(_files.In("s.tar"), null);
        var loading = new LoaderOptions { ImageSize = 50, ContextLength = 8 };
        float[] Boxes(ShardIndex index) => new EvaluationReader(index, TestVocabulary.Tokenizer, loading).Load(0, 1).RegionBoxes;
        // The centre of 100 x 50 is 50 x 50 and begins at 25.
        Assert.Equal([25, 25, 25, 20], Boxes(packed));
        Assert.Equal(Boxes(packed), Boxes(given));
        float[] Trained(ShardIndex index)
        {
            var loader = new BatchLoader(index, TestVocabulary.Tokenizer, new SampleOrder(1, 1, 1, 1), loading, 1);
            return [.. Enumerable.Range(0, 20).SelectMany(step => loader.Load(step, 0).RegionBoxes)];
        }

        Assert.Equal(Trained(packed), Trained(given));
        Assert.NotEmpty(Trained(given));
    }

    [Fact]
    public void Boxes_of_a_picture_that_its_EXIF_turns_are_turned_back_where_the_size_says_so_and_else_counted()
    {
        File.WriteAllBytes(_files.In("t.jpg"), TestImages.Turned(100, 50, 6));
        const string Entry = """[{"image": "t.jpg", "caption": "it", SIZE "elems": [{"bb": [0, 0, 10, 5], "caption": "a dog"}]}]""";
        Region Only(string size) => Assert.Single(Assert.Single(
            _files.Text("s.json", Entry.Replace("SIZE", size, StringComparison.Ordinal)).Read("s.json")).Regions);
        Assert.Equal(new Box(0, 40, 5, 10), Only("\"width\": 50, \"height\": 100,").Box);
        Assert.Contains("turned as its EXIF says", Assert.Single(_files.Problems).What, StringComparison.Ordinal);
        Assert.Equal(new Box(0, 0, 10, 5), Only("\"width\": 100, \"height\": 50,").Box);
        Assert.Empty(_files.Problems);
        Assert.Equal(new Box(0, 0, 10, 5), Only("").Box);
        Assert.Equal([ProblemKind.Turned], _files.Kinds);
    }
}
