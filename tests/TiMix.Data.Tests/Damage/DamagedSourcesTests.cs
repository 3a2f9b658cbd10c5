using System.Text;
using TiMix.Data.Formats;
using TiMix.Data.Shards;
using TiMix.Data.Tests.Formats;
using TiMix.Data.Text;
using TiMix.Testing;

namespace TiMix.Data.Tests.Damage;

/// <summary>However a file is damaged: it is read in part, or refused by a <see cref="DataException"/> or, a sample, a <see cref="SampleException"/>.</summary>
[CollectionDefinition(nameof(DamagedSourcesTests), DisableParallelization = true)]
[Collection(nameof(DamagedSourcesTests))]
public sealed class DamagedSourcesTests : IDisposable
{
    private const int Few = 60, Many = 2000;
    private readonly SourceFiles _files = new SourceFiles().Picture("a.png", 8, 8).Picture("b.png", 8, 8);

    public void Dispose() => _files.Dispose();

    public static TheoryData<string, string> Sources => new()
    {
        { "coco.json", """
            {"images": [{"id": 1, "file_name": "a.png", "width": 16, "height": 16, "x": NaN}, {"id": 2.0, "file_name": "b.png"}], "annotations": [
              {"image_id": 1, "caption": "a dog &amp; \u00e9"},
              {"image_id": 2, "bbox": [1, 1, 4, 4.5], "category_id": 3, "iscrowd": 0, "segmentation": [[1, 2]]}],
             "categories": [{"id": 3, "name": "dog"}]}
            """ },
        { "regions.json", """
            [{"image": "a.png", "caption": ["one", "two"], "width": 8, "height": 8, "elems": [{"bb": [1, 2, 3, 4], "caption": "dog", "attributes": ["red"]}]},
             {"image": "b.png", "caption": "three", "question": "what?", "answer": ["a dog"]}]
            """ },
        { "lines.json", "{\"image\": \"a.png\", \"caption\": \"one\"}\n{\"image\": \"b.png\", \"caption\": NaN}\n" },
        { "karpathy.json", """
            {"images": [{"filepath": "", "filename": "a.png", "split": "test", "sentences": [{"raw": "one", "tokens": ["one"]}, {"raw": "two"}]}]}
            """ },
        { "table.tsv", "filepath\ttitle\na.png\t\"one \"\"1\"\" x\"\nb.png\tTV 32\" screen\n" },
    };

    [Theory]
    [MemberData(nameof(Sources))]
    public void A_damaged_source_is_read_in_part_or_refused(string name, string whole) => Damage(name, whole, 0, Few);

    [Theory]
    [MemberData(nameof(Sources))]
    [Trait("suite", "deep")]
    public void A_source_damaged_in_thousands_of_ways_is_read_in_part_or_refused(string name, string whole) => Damage(name, whole, Few, Many);

    [Theory]
    [InlineData(0, Few)]
    [InlineData(Few, Many, Traits = ["suite", "deep"])]
    public void A_damaged_shard_is_read_in_part_or_refused(int first, int count)
    {
        var tar = new TarBuilder().AddSample("a", TestImages.Encode(8, 8), "a dog").Add("b.png", TestImages.Encode(8, 8)).Add("b.json", """
            {"caption": "one", "captions": ["one", "two"], "regions": [{"box": [1, 2, 3, 4], "phrase": "x"}], "width": 8, "height": 8,
             "questions": [{"question": "what", "answers": ["dog"]}], "n": NaN}
            """).AddGnuLongName(new string('d', 130) + "/c.png", TestImages.Encode(8, 8))
            .AddPax("d.txt", "pax"u8.ToArray(), ("path", "e.txt"), ("size", "3")).ToBytes();
        var usable = 0;
        var read = Fuzz.Run(first, count, seed => Damages.Of(tar, seed), bytes =>
        {
            File.WriteAllBytes(_files.In("s.tar"), bytes);
            usable += _files.Read("s.tar").Count;
            using var index = ShardIndex.Open(_files.In("s.tar"), _files.In("cache"));
            Assert.All(Enumerable.Range(0, index.Count), i => Assert.NotEqual("", index.NameOf(i)));
        }, typeof(DataException));
        Assert.InRange(usable, 1, 4 * count);
        Assert.InRange(read, 1, count);
    }

    [Theory]
    [InlineData(0, Few)]
    [InlineData(Few, Many, Traits = ["suite", "deep"])]
    public void Damaged_entities_of_Flickr30k_are_read_in_part_or_refused(int first, int count)
    {
        const string Sentences = "[/EN#1/animals a dog] and [/EN#2/other it] .\n", Boxes = """
            <annotation><size><width>16</width><height>16</height></size>
            <object><name>1</name><name>2</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>5</xmax><ymax>4</ymax></bndbox></object></annotation>
            """;
        _files.Picture("7.jpg");
        Fuzz.Run(first, count, seed => Damages.Of(Encoding.UTF8.GetBytes(Boxes), seed), bytes =>
        {
            _files.Text("Sentences/7.txt", "").Text("Annotations/7.xml", "");
            File.WriteAllBytes(_files.In("Sentences/7.txt"), Damages.Of(Encoding.UTF8.GetBytes(Sentences), System.IO.Hashing.XxHash3.HashToUInt64(bytes)));
            File.WriteAllBytes(_files.In("Annotations/7.xml"), bytes);
            _files.Read(_files.Root);
        }, typeof(DataException));
    }

    [Theory]
    [InlineData(0, Few)]
    [InlineData(Few, Many, Traits = ["suite", "deep"])]
    public void A_damaged_vocabulary_is_read_or_refused(int first, int count)
    {
        var whole = Encoding.UTF8.GetBytes(string.Join('\n', TestVocabulary.Pieces) + "\n");
        var list = Encoding.UTF8.GetBytes(System.Text.Json.JsonSerializer.Serialize(TestVocabulary.Pieces));
        Fuzz.Run(first, count, seed => Damages.Of(seed % 2 == 0 ? whole : list, seed), bytes =>
        {
            File.WriteAllBytes(_files.In("v.txt"), bytes);
            Assert.Equal(9, WordPieceTokenizer.Open(_files.In("v.txt")).Encode("a red 猫 $ dogs", 9).Length);
        }, typeof(DataException));
    }

    [Theory]
    [InlineData("xmin")]
    [InlineData("name")]
    [InlineData("object")]
    public void Elements_in_one_another_without_end_are_damage(string element)
    {
        const int Depth = 300_000;
        var deep = new StringBuilder("<annotation><object><name>1</name><bndbox>");
        for (var i = 0; i < Depth; i++)
        {
            deep.Append('<').Append(element).Append('>');
        }

        for (var i = 0; i < Depth; i++)
        {
            deep.Append("</").Append(element).Append('>');
        }

        _files.Picture("7.jpg").Text("Sentences/7.txt", "[/EN#1/animals a dog] .\n").Text("Annotations/7.xml", deep + "</bndbox></object></annotation>");
        Assert.Empty(Assert.Single(_files.Read(_files.Root)).Regions);
        Assert.Equal([ProblemKind.DamagedFile], _files.Kinds);
    }

    [Fact]
    public void Lists_in_one_another_without_end_are_damage()
    {
        var deep = new string('[', 300_000);
        _files.Text("c.json", "{\"images\": [{\"id\": 1, \"file_name\": \"a.png\", \"caption\": \"one\"}, {\"id\": " + deep);
        Assert.Single(_files.Read("c.json"));
        Assert.Equal([ProblemKind.DamagedFile], _files.Kinds);
        new TarBuilder().Add("a.png", TestImages.Encode(4, 4)).Add("a.json", "{\"caption\": \"x\", \"more\": " + deep + "}").Save(_files.In("s.tar"));
        Assert.Empty(_files.Read("s.tar"));
        Assert.Equal([ProblemKind.BrokenEntry], _files.Kinds);
    }

    [Theory]
    [InlineData(0, Few)]
    [InlineData(Few, Many, Traits = ["suite", "deep"])]
    public void Damaged_questions_and_answers_are_read_in_part_or_refused(int first, int count)
    {
        const string Questions = """
            {"data_subtype": "train2014", "questions": [{"question_id": 1, "image": "a.png", "question": "what?"},
             {"question_id": 2.0, "image": "b.png", "question": "is it &amp; \u00e9?"}]}
            """, Answers = """
            {"annotations": [{"question_id": 1, "answers": [{"answer": "dog"}, {"answer": NaN}]}, {"question_id": "2", "answers": [{"answer": "yes"}]}]}
            """;
        var read = 0;
        foreach (var (name, whole) in new[] { ("q.json", Questions), ("a.json", Answers) })
        {
            _files.Text("q.json", Questions).Text("a.json", Answers);
            Fuzz.Run(first, count / 2, seed => Damages.Of(Encoding.UTF8.GetBytes(whole), seed), bytes =>
            {
                File.WriteAllBytes(_files.In(name), bytes);
                read += _files.Read(_files.Options("q.json") with { Annotations = _files.In("a.json") }).Count;
            }, typeof(DataException));
        }

        Assert.InRange(read, 1, 4 * count);
    }

    [Theory]
    [InlineData(0, 1_000)]
    [InlineData(1_000, 200_000, Traits = ["suite", "deep"])]
    public void The_damaged_fields_of_a_sample_are_read_or_refused(int first, int count)
    {
        var whole = """
            {"caption": "one é", "captions": ["one", "two"], "regions": [{"box": [1, 2, 3, 4.5], "phrase": "x"}], "width": 8, "height": 8,
             "questions": [{"question": "what", "answers": ["dog"]}], "n": NaN}
            """u8.ToArray();
        var read = Fuzz.Run(first, count, seed => Damages.Of(whole, seed), bytes => SampleJson.Parse(bytes), typeof(System.Text.Json.JsonException));
        Assert.InRange(read, 1, count - 1);
    }

    private void Damage(string name, string whole, int first, int count)
    {
        var (bytes, read) = (Encoding.UTF8.GetBytes(whole), 0);
        Fuzz.Run(first, count, seed => Damages.Of(bytes, seed), damaged =>
        {
            File.WriteAllBytes(_files.In(name), damaged);
            read += _files.Read(name).Count;
        }, typeof(DataException));
        Assert.InRange(read, 1, 4 * count);
    }
}
