using System.Globalization;
using System.Text;
using TiMix.Data.Formats;
using TiMix.Data.Loading;
using TiMix.Data.Shards;

namespace TiMix.Data.Tests.Formats;

/// <summary>Whatever is in a shard is used or counted, and never taken for something else.</summary>
public sealed class ShardFilesTests : IDisposable
{
    private readonly SourceFiles _files = new();
    private readonly byte[] _image = TestImages.Encode(4, 3);

    public void Dispose() => _files.Dispose();

    [Fact]
    public void Names_are_bytes_whatever_encoding_they_are_in()
    {
        // Two names of Windows-1251 that are the same once decoded as UTF-8 with loss.
        var tar = new TarBuilder().AddNamed([0xEA, 0xEE, 0xF2, .. ".png"u8], _image).AddNamed([0xEA, 0xEE, 0xE4, .. ".txt"u8], "a code"u8)
            .AddNamed([.. "é/"u8, 0xE9, .. ".png"u8], _image).AddNamed([.. "é/"u8, 0xE9, .. ".txt"u8], "e"u8)
            .Add("\\xEA\\xEE\\xF2.txt", "written so");
        tar.Save(_files.In("n.tar"));
        using var index = ShardIndex.Open(_files.In("n.tar"), null);
        Assert.Equal(
            [(@"\xEA\xEE\xF2", 1, ""), (@"\xEA\xEE\xE4", 0, "a code"), (@"é/\xE9", 1, "e"), (@"\xEA\xEE\xF2", 0, "written so")],
            Enumerable.Range(0, index.Count).Select(index.Read).Select(sample => (sample.Key, Math.Sign(sample.Image.Length), sample.Caption)));
        Assert.Equal("e", Assert.Single(_files.Read("n.tar")).Captions[0]);
        Assert.Equal(2, _files.Kinds.Count(kind => kind == ProblemKind.MissingPicture));
        Assert.Equal(1, _files.Kinds.Count(kind => kind == ProblemKind.NoCaption));
    }

    [Fact]
    public void Long_names_of_pax_and_gnu_are_bytes_too()
    {
        var folder = new string('d', 120) + "/";
        byte[] first = [.. Encoding.ASCII.GetBytes(folder), 0xE1, .. ".png"u8], second = [.. Encoding.ASCII.GetBytes(folder), 0xE2, .. ".txt"u8];
        var tar = new TarBuilder().Add("././@LongLink", [.. first, 0], 'L', gnu: true).Add("x", _image, gnu: true);
        byte[] value = [.. "path="u8, .. second, (byte)'\n'];
        tar.Add("PaxHeader", [.. Encoding.ASCII.GetBytes((value.Length + 4).ToString(CultureInfo.InvariantCulture) + " "), .. value], 'x').Add("y", "two");
        tar.Save(_files.In("n.tar"));
        using var index = ShardIndex.Open(_files.In("n.tar"), null);
        Assert.Equal([folder + @"\xE1", folder + @"\xE2"], Enumerable.Range(0, index.Count).Select(i => index.Read(i).Key));
    }

    [Fact]
    public void Files_that_are_not_used_are_counted_by_reason()
    {
        new TarBuilder().AddSample("a", _image, "one").AddSample("b.1", _image, "two").AddSample("b.2", _image, "three")
            .Add("a.cls", "7").Add("b.cls", "7").Add("c.cls", "7").Add("Makefile", "x").Add("a.PNG", _image)
            .Add("link.jpg", [], '2').Add("hard.jpg", [], '1').Add("fifo", [], '6').Save(_files.In("n.tar"));
        Assert.Equal(["one"], _files.Read("n.tar").SelectMany(picture => picture.Captions));
        var told = _files.Problems.ToDictionary(problem => problem.Where, problem => (problem.What, problem.Count));
        Assert.All(_files.Kinds, kind => Assert.Equal(ProblemKind.NotUsed, kind));
        Assert.Equal(("extension 1.png is not known; no dots in keys (so are 2 files)", 2), told["n.tar: b.1.png"]);
        Assert.Equal(("extension 1.txt is not known; no dots in keys (so are 2 files)", 2), told["n.tar: b.1.txt"]);
        Assert.Equal(("extension cls is not known (so are 3 files)", 3), told["n.tar: a.cls"]);
        Assert.Equal(("it has no extension", 1), told["n.tar: Makefile"]);
        Assert.Equal(("it is a link, which is not read (so are 2 files)", 2), told["n.tar: link.jpg"]);
        Assert.Equal(("it is a device, which is not read", 1), told["n.tar: fifo"]);
        Assert.Equal(1, told["n.tar: a"].Count);
        Assert.Equal(7, told.Count);
        var tally = new ProblemTally(3);
        _files.Problems.ForEach(tally.Add);
        Assert.Equal((12, 12), (tally.Total, tally[ProblemKind.NotUsed]));
    }

    [Fact]
    public void Bytes_after_the_end_mark_are_counted_but_not_the_zeros_that_fill_up()
    {
        var one = new TarBuilder().AddSample("a", _image, "one").ToBytes();
        File.WriteAllBytes(_files.In("padded.tar"), [.. one, .. new byte[10240]]);
        Assert.Single(_files.Read("padded.tar"));
        Assert.Empty(_files.Problems);
        File.WriteAllBytes(_files.In("joined.tar"), [.. one, .. new byte[9000], .. one]);
        Assert.Single(_files.Read("joined.tar"));
        var problem = Assert.Single(_files.Problems);
        Assert.Equal((ProblemKind.DamagedFile, "joined.tar"), (problem.Kind, problem.Where));
        Assert.StartsWith($"{one.Length} bytes after the end mark are not read", problem.What, StringComparison.Ordinal);
    }

    [Fact]
    public void Numbers_that_are_none_and_strange_fields_cost_no_more_than_themselves()
    {
        new TarBuilder().Add("a.png", _image).Add("a.json", """
            {"score": NaN, "caption": "NaN is \"Infinity\", not -Infinity", "more": [-Infinity, Infinity]}
            """)
            .Add("b.png", _image).Add("b.txt", "from txt").Add("b.json", """{"caption": NaN, "regions": NaN}""")
            .Add("c.png", _image).Add("c.json", """
                {"caption": "boxes", "regions": [{"box": [0, 0, NaN, 2], "phrase": "x"}, {"box": [0, 0, 1, 1], "phrase": "dot"}, 5,
                 {"box": [1, 2, 3], "phrase": "y"}]}
                """)
            .Add("d.png", _image).Add("d.json", """{"caption": 5}""").Save(_files.In("n.tar"));
        var read = _files.Read("n.tar");
        Assert.Equal(["NaN is \"Infinity\", not -Infinity", "from txt", "boxes"], read.Select(picture => picture.Captions[0]));
        Assert.Equal(new Region(new Box(0, 0, 1, 1), "dot"), Assert.Single(read[2].Regions));
        Assert.Equal([.. Enumerable.Repeat(ProblemKind.BrokenEntry, 4), ProblemKind.NoCaption], _files.Kinds.Order());
        Assert.Contains("regions[2]", _files.Problems[1].What, StringComparison.Ordinal);
        using var index = ShardIndex.Open(_files.In("n.tar"), null);
        var reader = new EvaluationReader(index, TestVocabulary.Tokenizer, new LoaderOptions { ImageSize = 8, ContextLength = 8 });
        Assert.Equal(3, reader.Load(0, 9).SampleIndices.Length);
        Assert.Contains("\"caption\" must be a text", Assert.Single(reader.Problems).What, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("utf-16")]
    [InlineData("utf-16BE")]
    [InlineData("utf-32")]
    [InlineData("utf-8")]
    public void Text_and_json_may_be_in_any_unicode_that_says_so(string name)
    {
        var encoding = Encoding.GetEncoding(name);
        byte[] Marked(string text) => [.. encoding.GetPreamble(), .. encoding.GetBytes(text)];
        new TarBuilder().Add("a.png", _image).Add("a.txt", Marked("зимний дом 🏠"))
            .Add("b.png", _image).Add("b.json", Marked("""{"caption": "a cat", "score": NaN}""")).Save(_files.In("n.tar"));
        Assert.Equal(["зимний дом 🏠", "a cat"], _files.Read("n.tar").Select(picture => picture.Captions[0]));
        Assert.Empty(_files.Problems);
    }

    [Fact]
    public void UTF_16_without_its_mark_is_told()
    {
        new TarBuilder().Add("a.png", _image).Add("a.txt", Encoding.Unicode.GetBytes("a blue house")).Save(_files.In("n.tar"));
        Assert.Single(_files.Read("n.tar"));
        Assert.Equal([ProblemKind.DamagedText], _files.Kinds);
    }

    [Fact]
    public void A_compressed_shard_or_a_pointer_to_one_is_called_so()
    {
        using (var zipped = new System.IO.Compression.GZipStream(File.Create(_files.In("z.tar")), System.IO.Compression.CompressionLevel.Fastest))
        {
            zipped.Write(new TarBuilder().AddSample("a", _image, "one").ToBytes());
        }

        File.Copy(_files.In("z.tar"), _files.In("z.tar.gz"));
        _files.Text("p.tar", "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n");
        Assert.Contains("z.tar: is compressed (gzip); unpack it first", _files.Mistake(_files.Options("z.tar")), StringComparison.Ordinal);
        Assert.Contains("z.tar.gz: is compressed (gzip); unpack it first", _files.Mistake(_files.Options("z.tar.gz")), StringComparison.Ordinal);
        Assert.Contains("p.tar: is a pointer of Git LFS", _files.Mistake(_files.Options("p.tar")), StringComparison.Ordinal);
    }

    [Fact]
    public void Many_shards_need_few_open_files()
    {
        for (var i = 0; i < 100; i++)
        {
            new TarBuilder().AddSample("a", _image, $"number {i}").Save(_files.In($"t-{i:D3}.tar"));
        }

        using var index = ShardIndex.Open(_files.In("t-{000..099}.tar"), null);
        Assert.Equal(100, index.Count);
        Parallel.For(0, 400, new ParallelOptions { MaxDegreeOfParallelism = 4 }, i => Assert.Equal($"number {i % 100}", index.Read(i % 100).Caption));
        if (OperatingSystem.IsLinux())
        {
            var targets = Directory.GetFiles("/proc/self/fd").Select(link => new FileInfo(link).LinkTarget);
            var open = targets.Count(target => target?.StartsWith(_files.Root, StringComparison.Ordinal) == true);
            Assert.InRange(open, 1, ShardHandles.Kept);
        }
    }

    [Fact]
    public void A_shard_that_is_gone_ends_the_reading_and_replaces_nothing()
    {
        for (var i = 0; i < ShardHandles.Kept + 2; i++)
        {
            new TarBuilder().AddSample("a", _image, $"number {i}").Save(_files.In($"t-{i:D3}.tar"));
        }

        using var index = ShardIndex.Open(_files.In($"t-{{000..{ShardHandles.Kept + 1:D3}}}.tar"), null);
        File.Delete(_files.In("t-007.tar"));
        Assert.Equal("number 6", index.Read(6).Caption);
        Assert.Contains("t-007.tar: cannot be opened any more", Assert.Throws<DataException>(() => index.Read(7)).Message, StringComparison.Ordinal);
    }
}
