using System.Text.Json;
using TiMix.Base;
using TiMix.Data.Augmentation;
using TiMix.Data.Loading;
using TiMix.Data.Shards;

namespace TiMix.Data.Tests.Loading;

/// <summary>Pictures with more than one caption, from shard to batch.</summary>
public sealed class SeveralCaptionsTests : IDisposable
{
    private const ulong Seed = 7;
    private static readonly LoaderOptions Options = new() { ImageSize = 16, ContextLength = 8, PhraseLength = 5, RegionsPerImage = 2 };
    private static readonly byte[] Image = TestImages.Encode(20, 20);
    private readonly TemporaryDirectory _directory = new();
    private readonly List<ShardIndex> _open = [];

    public void Dispose()
    {
        _open.ForEach(index => index.Dispose());
        _directory.Dispose();
    }

    private ShardIndex Shard(params string[] jsons)
    {
        var tar = new TarBuilder();
        for (var i = 0; i < jsons.Length; i++)
        {
            tar.Add($"k{i}.png", Image).Add($"k{i}.json", jsons[i]);
        }

        var path = _directory.File($"s{_open.Count}.tar");
        tar.Save(path);
        _open.Add(ShardIndex.Open(path, null));
        return _open[^1];
    }

    private static BatchLoader Loader(ShardIndex data, LoaderOptions? options = null)
        => new(data, TestVocabulary.Tokenizer, new SampleOrder(Seed, data.Count, 1, 1), options ?? Options, Seed);

    private static string Captions(params string[] captions) => JsonSerializer.Serialize(new { captions });

    [Fact]
    public void The_caption_comes_first_and_one_that_stands_twice_counts_once()
    {
        var data = Shard(
            """{"captions": ["one", "two", "", "two"]}""",
            """{"caption": "two", "captions": ["one", "two", "three"]}""",
            """{"caption": "first", "captions": ["one"]}""",
            """{"caption": null, "captions": null}""");
        Assert.Equal(["one", "two", "two"], data.Read(0).Captions);
        Assert.Equal(["two", "one", "three"], data.Read(1).Captions);
        Assert.Equal(["first", "one"], data.Read(2).Captions);
        Assert.Equal(("first", ""), (data.Read(2).Caption, data.Read(3).Caption));
    }

    [Theory]
    [InlineData("""{"captions": "one"}""")]
    [InlineData("""{"captions": ["one", 2]}""", "one")]
    [InlineData("""{"captions": ["one", "\ud800"], "caption": NaN}""", "one")]
    [InlineData("""{"captions": [NaN, "one", "two"]}""", "one", "two")]
    public void What_of_captions_is_no_text_is_left_out_and_said(string json, params string[] captions)
    {
        var sample = Shard(json).Read(0);
        Assert.Equal(captions, sample.Captions);
        Assert.Equal("\"captions\" must be a list of texts", Assert.Single(sample.LeftOut));
    }

    [Fact]
    public void Training_sees_one_caption_an_epoch_by_the_seed_and_each_as_often()
    {
        var data = Shard(Captions("a dog", "?!", "a cat", "an apple"));
        var loader = Loader(data);
        string[] usable = ["a dog", "a cat", "an apple"];
        var counts = new int[3];
        for (var epoch = 0; epoch < 900; epoch++)
        {
            var batch = loader.Load(epoch, 0);
            var rule = new SeededRandom(Seeds.Mix(Seed, 0x63617074696F6E, (ulong)epoch, 0, 0)).NextInt(3);
            Assert.Equal(usable[rule], Assert.Single(batch.Captions));
            Assert.Equal(TestVocabulary.Tokenizer.Encode(usable[rule], 8), batch.Tokens);
            Assert.Empty(batch.CaptionOwner);
            counts[rule]++;
        }

        Assert.All(counts, count => Assert.InRange(count, 250, 350));
    }

    [Fact]
    public void More_captions_change_no_pixel_and_no_region()
    {
        const string regions = """
            "regions": [{"box": [0,0,9,9], "phrase": "dog"}, {"box": [5,5,9,9], "phrase": "cat"}, {"box": [2,2,12,12], "phrase": "apple"}]}
            """;
        var one = Loader(Shard("{\"caption\": \"a dog\"," + regions));
        var three = Loader(Shard("{\"captions\": [\"a dog\", \"a cat\", \"an apple\"]," + regions));
        for (var epoch = 0; epoch < 30; epoch++)
        {
            var (first, second) = (one.Load(epoch, 0), three.Load(epoch, 0));
            Assert.Equal(first.Pixels, second.Pixels);
            Assert.Equal(first.RegionBoxes, second.RegionBoxes);
            Assert.Equal(first.RegionPhrases, second.RegionPhrases);
        }
    }

    [Fact]
    public void A_flip_is_forbidden_by_the_caption_of_the_epoch_alone()
    {
        var options = Options with { Augmentation = new AugmentationOptions { MinScale = 1, Flip = 0.5, RandAugmentOps = 0 } };
        var loader = Loader(Shard(Captions("a dog on the left", "a dog")), options);
        var flips = new Dictionary<string, int> { ["a dog on the left"] = 0, ["a dog"] = 0 };
        for (var epoch = 0; epoch < 128; epoch++)
        {
            var batch = loader.Load(epoch, 0);
            flips[batch.Captions[0]] += batch.Pixels[0] > batch.Pixels[15] ? 1 : 0;
        }

        Assert.Equal(0, flips["a dog on the left"]);
        Assert.InRange(flips["a dog"], 16, 48);
    }

    [Fact]
    public void Whether_a_phrase_is_in_the_caption_is_asked_of_the_caption_of_the_epoch()
    {
        var loader = Loader(
            Shard("""{"captions": ["a red dog", "a cat"], "regions": [{"box": [0,0,20,20], "phrase": "red dog"}]}"""),
            Options with { Augmentation = AugmentationOptions.Off });
        var seen = new HashSet<string>();
        for (var epoch = 0; epoch < 20; epoch++)
        {
            var batch = loader.Load(epoch, 0);
            Assert.Equal([batch.Captions[0] == "a red dog" ? (byte)1 : (byte)0], batch.RegionInCaption);
            seen.Add(batch.Captions[0]);
        }

        Assert.Equal(2, seen.Count);
    }

    [Fact]
    public void Evaluation_has_all_captions_and_says_whose_they_are()
    {
        var data = Shard(Captions("a dog", " !? ", "the cat"), Captions("?"), Captions("an apple"), Captions("a cat", "a cat", "red"));
        var batch = new EvaluationReader(data, TestVocabulary.Tokenizer, Options).Load(0, 4);
        Assert.Equal([0, 2, 3], batch.SampleIndices);
        Assert.Equal(["a dog", "an apple", "a cat"], batch.Captions);
        Assert.Equal([0, 0, 1, 2, 2, 2], batch.CaptionOwner);
        string[] all = ["a dog", "the cat", "an apple", "a cat", "a cat", "red"];
        Assert.Equal(all.SelectMany(caption => TestVocabulary.Tokenizer.Encode(caption, 8)), batch.CaptionTokens);
        Assert.Equal([.. batch.CaptionTokens[..8], .. batch.CaptionTokens[16..32]], batch.Tokens);
    }

    [Fact]
    public void With_one_caption_each_all_captions_are_the_captions()
    {
        var batch = new EvaluationReader(Shard(Captions("a dog"), """{"caption": "a cat"}"""), TestVocabulary.Tokenizer, Options).Load(0, 2);
        Assert.Equal(batch.Tokens, batch.CaptionTokens);
        Assert.Equal([0, 1], batch.CaptionOwner);
    }
}
