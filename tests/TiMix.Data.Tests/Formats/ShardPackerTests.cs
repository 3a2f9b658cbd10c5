using System.Security.Cryptography;
using System.Text.Json;
using TiMix.Data.Formats;
using TiMix.Data.Loading;
using TiMix.Data.Shards;

namespace TiMix.Data.Tests.Formats;

public sealed class ShardPackerTests : IDisposable
{
    private readonly SourceFiles _files = new();

    public void Dispose() => _files.Dispose();

    private SourceOptions Source(int pictures)
    {
        var entries = Enumerable.Range(0, pictures).Select(i => new
        {
            image = $"p{i}.png",
            caption = new[] { $"picture {i} «é»", $"一 {i}" },
            elems = new[] { new { bb = new[] { 1, 2, 3.5, 4 }, caption = "dog" } },
        });
        for (var i = 0; i < pictures; i++)
        {
            _files.Picture($"p{i}.png", 20 + i);
        }

        return _files.Text("l.json", JsonSerializer.Serialize(entries)).Options("l.json");
    }

    private PackSummary Pack(SourceOptions source, string to, ShardSize? size = null, bool force = false, bool first = false, CancellationToken? stop = null)
    {
        using var opened = PictureSource.Open(source);
        var options = new PackOptions
        {
            Output = new ShardPattern(_files.In(to)),
            ShardSize = size ?? new ShardSize(4, null),
            Force = force,
            FirstCaptionOnly = first,
        };
        _files.Problems.Clear();
        return ShardPacker.Pack(opened, options, _files.Problems.Add, null, stop ?? TestContext.Current.CancellationToken);
    }

    private string[] Shards => [.. Directory.EnumerateFiles(_files.In("out")).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    [Fact]
    public void What_is_packed_reads_back_for_training_and_evaluation()
    {
        var packed = Pack(Source(9), "out/train-{000..}.tar");
        Assert.Equal((3, 9, 18L, 9L), (packed.Shards, packed.Pictures, packed.Captions, packed.Regions));
        Assert.Equal(_files.In("out/train-{000..002}.tar"), packed.Pattern);
        Assert.Equal(["train-000.tar", "train-001.tar", "train-002.tar"], Shards);
        Assert.Equal(packed.Bytes, Shards.Sum(name => new FileInfo(_files.In("out/" + name)).Length));
        using var index = ShardIndex.Open(packed.Pattern, null);
        Assert.Equal(9, index.Count);
        Assert.Empty(index.Problems);
        for (var i = 0; i < 9; i++)
        {
            var sample = index.Read(i);
            Assert.Equal($"{i:D9}", sample.Key);
            Assert.Equal([$"picture {i} «é»", $"一 {i}"], sample.Captions);
            Assert.Equal(new Region(new Box(1, 2, 3.5f, 4), "dog"), Assert.Single(sample.Regions));
            Assert.Equal(File.ReadAllBytes(_files.In($"p{i}.png")), sample.Image);
        }

        var options = new LoaderOptions { ImageSize = 16, ContextLength = 8 };
        Assert.Equal(18, new EvaluationReader(index, TestVocabulary.Tokenizer, options).Load(0, 9).CaptionOwner.Length);
        Assert.Equal(8, new BatchLoader(index, TestVocabulary.Tokenizer, new SampleOrder(1, 9, 8, 1), options, 1).Load(0, 0).SampleIndices.Length);
    }

    [Fact]
    public void The_same_source_gives_the_same_bytes_and_packing_shards_again_changes_no_sample()
    {
        var source = Source(5);
        Pack(source, "out/a-{0..}.tar");
        Pack(source, "out/b-{0..}.tar");
        Assert.Equal(File.ReadAllBytes(_files.In("out/a-0.tar")), File.ReadAllBytes(_files.In("out/b-0.tar")));
        Assert.Equal(File.ReadAllBytes(_files.In("out/a-1.tar")), File.ReadAllBytes(_files.In("out/b-1.tar")));
        var again = Pack(new SourceOptions { Source = _files.In("out/a-{0..1}.tar") }, "out/c.tar");
        Assert.Equal(_files.In("out/c.tar"), again.Pattern);
        using var one = ShardIndex.Open(_files.In("out/a-{0..1}.tar"), null);
        using var two = ShardIndex.Open(again.Pattern, null);
        Assert.All(
            Enumerable.Range(0, 5),
            i => Assert.Equal((one.Read(i).Key, string.Join('|', one.Read(i).Captions)), (two.Read(i).Key, string.Join('|', two.Read(i).Captions))));
    }

    [Fact]
    public void The_bytes_are_those_of_a_plain_tar_with_fixed_headers()
    {
        File.WriteAllBytes(
            _files.In("x.png"), Convert.FromBase64String("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC"));
        _files.Text("l.json", """[{"image": "x.png", "caption": ["a red dot", "ein Punkt"]}]""");
        Pack(_files.Options("l.json"), "out/one.tar");
        using var index = ShardIndex.Open(_files.In("out/one.tar"), null);
        Assert.Equal(["a red dot", "ein Punkt"], index.Read(0).Captions);
        var bytes = File.ReadAllBytes(_files.In("out/one.tar"));
        Assert.Equal((3 * 1024) + 1024, bytes.Length);
        Assert.Equal("000000000.png", System.Text.Encoding.ASCII.GetString(bytes[..13]));
        Assert.Equal("""{"caption":"a red dot","captions":["a red dot","ein Punkt"],"regions":[],"image":"x.png"}""",
            System.Text.Encoding.UTF8.GetString(bytes[2560..3072]).TrimEnd('\0'));
        // What Python's tarfile writes of the same three files (ustar, mode 644, time 1767225600), with an end mark of two blocks.
        Assert.Equal(Expected, Convert.ToHexStringLower(SHA256.HashData(bytes)));
    }

    private const string Expected = "7577d5f2dfe0eae83f13175927e5bd8eff49ec5918b663ffac882d941c37aff7";

    [Fact]
    public void A_picture_with_one_caption_is_stored_as_ever_and_first_takes_one()
    {
        Pack(Source(2), "out/one.tar", first: true);
        using var index = ShardIndex.Open(_files.In("out/one.tar"), null);
        Assert.Equal(["picture 1 «é»"], index.Read(1).Captions);
        Assert.DoesNotContain("captions", System.Text.Encoding.UTF8.GetString(File.ReadAllBytes(_files.In("out/one.tar"))), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_there_is_replaced_only_when_told_so_and_then_all_of_it()
    {
        var source = Source(9);
        Pack(source, "out/t-{000..}.tar", new ShardSize(2, null));
        Assert.Equal(5, Shards.Length);
        var before = File.ReadAllBytes(_files.In("out/t-000.tar"));
        Assert.Contains(
            "t-000.tar is there already, and 4 more of its kind; --force", Assert.Throws<DataException>(() => Pack(source, "out/t-{000..}.tar")).Message,
            StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(_files.In("out/t-000.tar")));
        File.WriteAllText(_files.In("out/t-extra.tar"), "of someone else");
        Pack(source, "out/t-{000..}.tar", new ShardSize(8, null), force: true);
        Assert.Equal(["t-000.tar", "t-001.tar", "t-extra.tar"], Shards);
    }

    [Fact]
    public void A_shard_by_bytes_is_never_larger_unless_one_sample_is()
    {
        var packed = Pack(Source(9), "out/t-{000..}.tar", new ShardSize(null, 10_000));
        Assert.InRange(packed.Shards, 3, 8);
        Assert.All(Shards, name => Assert.InRange(new FileInfo(_files.In("out/" + name)).Length, 1, 10_000));
        Assert.Equal(9, Pack(_files.Options("l.json"), "out/u-{000..}.tar", new ShardSize(null, 1)).Shards);
    }

    [Fact]
    public void A_packing_that_is_stopped_fails_or_has_nothing_leaves_nothing()
    {
        var source = Source(3);
        using var stopped = new CancellationTokenSource();
        stopped.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => Pack(source, "out/t-{000..}.tar", stop: stopped.Token));
        Assert.Contains(
            "more than 2 shards are needed", Assert.Throws<DataException>(() => Pack(source, "out/t-{000..001}.tar", new ShardSize(1, null))).Message,
            StringComparison.Ordinal);
        _files.Text("none.json", """[{"image": "none.png", "caption": "x"}]""");
        var nothing = Assert.Throws<DataException>(() => Pack(_files.Options("none.json"), "out/t-{000..}.tar"));
        Assert.Contains("not one of 1 pictures can be used; the first: none.json: entry 1", nothing.Message, StringComparison.Ordinal);
        Assert.Empty(Shards);
    }

    [Fact]
    public void What_a_killed_packing_left_is_cleared_away()
    {
        Directory.CreateDirectory(_files.In("out"));
        File.WriteAllText(_files.In("out/t-007.tar.packing"), "half");
        Pack(Source(3), "out/t-{000..}.tar");
        Assert.Equal(["t-000.tar"], Shards);
    }

    [Fact]
    public void The_key_is_the_position_in_the_source_so_that_a_repaired_picture_moves_no_other()
    {
        var source = Source(3);
        var picture = File.ReadAllBytes(_files.In("p1.png"));
        File.Delete(_files.In("p1.png"));
        var packed = Pack(source, "out/t.tar");
        Assert.Equal((2, 1), (packed.Pictures, _files.Problems.Count));
        using (var index = ShardIndex.Open(_files.In("out/t.tar"), null))
        {
            Assert.Equal(["000000000", "000000002"], Enumerable.Range(0, 2).Select(i => index.Read(i).Key));
        }

        File.WriteAllBytes(_files.In("p1.png"), picture);
        Pack(source, "out/t.tar", force: true);
        using var whole = ShardIndex.Open(_files.In("out/t.tar"), null);
        Assert.Equal("000000002", whole.Read(2).Key);
    }

    [Theory]
    [InlineData("out/train.zip")]
    [InlineData("out/train-{a..b}.tar")]
    [InlineData("out/train-{009..001}.tar")]
    [InlineData("out/{0..}/train.tar")]
    [InlineData("out/train-{0..}-{0..}.tar")]
    [InlineData("out/train-{0.tar")]
    public void A_pattern_that_names_no_shards_is_refused(string pattern) =>
        Assert.Contains("does not name shards", Assert.Throws<DataException>(() => new ShardPattern(pattern)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("1000", 1000, null)]
    [InlineData("256MB", null, 256_000_000L)]
    [InlineData("2gb", null, 2_000_000_000L)]
    public void A_size_is_samples_or_bytes(string text, int? samples, long? bytes) => Assert.Equal(new ShardSize(samples, bytes), ShardSize.Parse(text));

    [Theory]
    [InlineData("0")]
    [InlineData("-5")]
    [InlineData("MB")]
    [InlineData("ten")]
    public void A_size_that_is_none_is_refused(string text) => Assert.Throws<DataException>(() => ShardSize.Parse(text));
}
