using SkiaSharp;
using TiMix.Base;
using TiMix.Data.Augmentation;
using TiMix.Data.Loading;
using TiMix.Data.Shards;

namespace TiMix.Data.Tests.Loading;

public sealed class LoadingTests : IDisposable
{
    private static readonly LoaderOptions Options = new() { ImageSize = 16, ContextLength = 8, PhraseLength = 5, RegionsPerImage = 2 };
    private readonly TemporaryDirectory _directory = new();
    private readonly List<ShardIndex> _open = [];

    public void Dispose()
    {
        _open.ForEach(index => index.Dispose());
        _directory.Dispose();
    }

    private ShardIndex Shard(TarBuilder tar)
    {
        var path = _directory.File($"s{_open.Count}.tar");
        tar.Save(path);
        _open.Add(ShardIndex.Open(path, null));
        return _open[^1];
    }

    private ShardIndex Good(int count)
    {
        var tar = new TarBuilder();
        for (var i = 0; i < count; i++)
        {
            tar.AddSample(
                $"k{i:D3}", TestImages.Encode(20 + (i % 5), 24, i % 2 == 0 ? SKEncodedImageFormat.Png : SKEncodedImageFormat.Jpeg, i), $"a red dog number {i}");
        }

        return Shard(tar);
    }

    private static BatchLoader Loader(ShardIndex data, int batch, int microBatches = 1, ulong seed = 7, LoaderOptions? options = null)
        => new(data, TestVocabulary.Tokenizer, new SampleOrder(seed, data.Count, batch, microBatches), options ?? Options, seed);

    [Fact]
    public void Each_sample_comes_once_an_epoch_and_epochs_differ()
    {
        var order = new SampleOrder(3, 103, 20, 4);
        Assert.Equal(5, order.StepsPerEpoch);
        var epochs = Enumerable.Range(0, 6).Select(epoch => Enumerable.Range(epoch * 5, 5)
            .SelectMany(step => Enumerable.Range(0, 4).SelectMany(v => order.Indices(step, v))).ToArray()).ToList();
        Assert.All(epochs, epoch => Assert.Equal(100, epoch.Distinct().Count()));
        Assert.All(epochs, epoch => Assert.All(epoch, index => Assert.InRange(index, 0, 102)));
        Assert.Equal(6, epochs.Select(epoch => string.Join(',', epoch)).Distinct().Count());
        Assert.Equal((0, 0, 1), (order.EpochOf(0), order.EpochOf(4), order.EpochOf(5)));
        Assert.Equal(epochs[0][..5], new SampleOrder(3, 103, 20, 4).Indices(0, 0));
        Assert.NotEqual(epochs[0][..5], new SampleOrder(4, 103, 20, 4).Indices(0, 0));
    }

    [Fact]
    public void The_cut_into_micro_batches_does_not_change_the_global_batch()
    {
        var (four, one) = (new SampleOrder(3, 64, 16, 4), new SampleOrder(3, 64, 16, 1));
        Assert.Equal(one.Indices(9, 0), Enumerable.Range(0, 4).SelectMany(v => four.Indices(9, v)));
    }

    [Fact]
    public void A_fraction_takes_the_same_samples_whatever_the_seed_and_lies_within_a_larger_one()
    {
        int[] Used(ulong seed, double fraction)
        {
            var order = new SampleOrder(seed, 103, 20, 4, fraction);
            return [.. Enumerable.Range(0, order.StepsPerEpoch * 40).SelectMany(
                step => Enumerable.Range(0, 4).SelectMany(v => order.Indices(step, v))).Distinct().Order()];
        }

        var (half, most) = (Used(3, 0.5), Used(3, 0.9));
        Assert.Equal(51, half.Length);
        Assert.Equal(half, Used(4, 0.5));
        Assert.Equal(92, most.Length);
        Assert.Empty(half.Except(most));
        Assert.All(Enumerable.Range(0, 1000), n => Assert.Contains(new SampleOrder(3, 103, 20, 4, 0.5).Any((ulong)n), half));
        Assert.Contains("by the fraction 0.1", Assert.Throws<DataException>(() => new SampleOrder(1, 100, 20, 4, 0.1)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Too_little_data_and_uneven_batches_are_refused()
    {
        Assert.Contains(
            "fewer than one global batch of 20", Assert.Throws<DataException>(() => new SampleOrder(1, 19, 20, 4)).Message, StringComparison.Ordinal);
        Assert.Contains("cannot be cut", Assert.Throws<DataException>(() => new SampleOrder(1, 100, 20, 3)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_batch_has_the_shapes_and_the_samples_that_it_says()
    {
        var data = Good(12);
        var batch = Loader(data, 8, 2).Load(0, 1);
        Assert.Equal(new SampleOrder(7, 12, 8, 2).Indices(0, 1), batch.SampleIndices);
        Assert.Equal((4 * 3 * 16 * 16, 4 * 8, 4), (batch.Pixels.Length, batch.Tokens.Length, batch.Captions.Length));
        Assert.Equal($"a red dog number {batch.SampleIndices[2]}", batch.Captions[2]);
        Assert.Equal(TestVocabulary.Tokenizer.Encode(batch.Captions[2], 8), batch.Tokens[16..24]);
        Assert.Empty(batch.RegionOwner);
        Assert.Empty(batch.Replacements);
    }

    [Fact]
    public void The_same_seed_gives_the_same_bytes_on_every_thread_and_in_every_instance()
    {
        var data = Good(24);
        var shared = Loader(data, 8, 2);
        var expected = Enumerable.Range(0, 12).Select(i => Loader(data, 8, 2).Load(i / 2, i % 2)).ToList();
        var wrong = 0;
        var threads = Enumerable.Range(0, 4).Select(t => new Thread(() =>
        {
            for (var n = 0; n < 24; n++)
            {
                var i = ((n * 7) + t) % 12;
                var batch = shared.Load(i / 2, i % 2);
                if (!batch.Pixels.AsSpan().SequenceEqual(expected[i].Pixels) || !batch.Tokens.AsSpan().SequenceEqual(expected[i].Tokens))
                {
                    Interlocked.Increment(ref wrong);
                }
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        Assert.Equal(0, wrong);
        Assert.NotEqual(expected[0].Pixels, Loader(data, 8, 2, seed: 8).Load(0, 0).Pixels);
    }

    [Fact]
    public void A_sample_looks_different_in_the_next_epoch()
    {
        var loader = Loader(Good(1), 1);
        Assert.NotEqual(loader.Load(0, 0).Pixels, loader.Load(1, 0).Pixels);
    }

    [Fact]
    public void A_second_view_is_another_view_of_the_same_pictures_and_shifts_nothing_else()
    {
        var data = Good(24);
        var (one, two) = (Loader(data, 8, 2), Loader(data, 8, 2, options: Options with { SecondViewSteps = 2 }));
        for (var step = 0; step < 3; step++)
        {
            var (plain, twice) = (one.Load(step, 1), two.Load(step, 1));
            Assert.Equal(plain.Pixels, twice.Pixels);
            Assert.Equal(plain.SampleIndices, twice.SampleIndices);
            Assert.Equal(plain.Tokens, twice.Tokens);
            Assert.Empty(plain.SecondPixels);
            Assert.Equal(step < 2 ? plain.Pixels.Length : 0, twice.SecondPixels.Length);
            Assert.Equal(twice.SecondPixels, two.Load(step, 1).SecondPixels);
            if (step < 2)
            {
                // Each picture by itself: none of the four is the same in both views.
                Assert.All(twice.SecondPixels.Chunk(768).Zip(twice.Pixels.Chunk(768)), views => Assert.NotEqual(views.First, views.Second));
            }
        }

        var still = Loader(data, 8, 2, options: Options with { SecondViewSteps = 1, Augmentation = AugmentationOptions.Off }).Load(0, 0);
        Assert.Equal(still.Pixels, still.SecondPixels);
    }

    [Fact]
    public void Every_kind_of_unusable_sample_is_replaced_by_the_fixed_rule_and_counted()
    {
        var tar = new TarBuilder();
        var image = TestImages.Encode(20, 20, SKEncodedImageFormat.Jpeg);
        tar.Add("b0.jpg", image[..^40]).Add("b0.txt", "a dog");
        tar.Add("b1.png", TestImages.PngHeader(100_000, 100_000)).Add("b1.txt", "a dog");
        tar.Add("b2.jpg", image).Add("b2.txt", " ?! ");
        tar.Add("b3.jpg", image);
        tar.Add("b4.txt", "a dog");
        tar.Add("b5.jpg", image).Add("b5.json", "{");
        for (var i = 6; i < 24; i++)
        {
            tar.AddSample($"g{i}", TestImages.Encode(20, 20, salt: i), "a cat");
        }

        var data = Shard(tar);
        var batch = Loader(data, 24).Load(0, 0);
        var replaced = batch.Replacements.OrderBy(r => r.SampleIndex).ToList();
        Assert.Equal([0, 1, 2, 3, 4, 5], replaced.Select(r => r.SampleIndex));
        Assert.Equal("s0.tar: b0", replaced[0].Key);
        string[] reasons = ["cut off", "100000 x 100000", "no word", "no caption", "no picture", "json is broken"];
        Assert.All(replaced, r => Assert.Contains(reasons[r.SampleIndex], r.Reason, StringComparison.Ordinal));

        var planned = new SampleOrder(7, 24, 24, 1).Indices(0, 0);
        foreach (var replacement in replaced)
        {
            var rule = Enumerable.Range(1, 16).Select(attempt => (int)(Seeds.Mix(7, 0, (ulong)replacement.SampleIndex, (ulong)attempt) % 24))
                .First(j => j >= 6);
            Assert.Equal(rule, replacement.ReplacedBy);
            Assert.Equal(rule, batch.SampleIndices[Array.IndexOf(planned, replacement.SampleIndex)]);
        }

        var again = Loader(data, 24).Load(0, 0);
        Assert.Equal(batch.Pixels, again.Pixels);
        Assert.Equal(batch.Replacements, again.Replacements);
    }

    [Fact]
    public void When_sixteen_replacements_fail_the_error_names_the_sample_and_the_reason()
    {
        var tar = new TarBuilder();
        for (var i = 0; i < 4; i++)
        {
            tar.AddSample($"bad{i}", [1, 2, 3], "a dog");
        }

        var message = Assert.Throws<DataException>(() => Loader(Shard(tar), 1).Load(0, 0)).Message;
        Assert.Matches("^s0.tar: bad[0-3]: its picture cannot be decoded", message);
        Assert.Contains("none of 16 samples", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Theory]
    [InlineData("a dog on the left", "", false)]
    [InlineData("Right! a dog", "", false)]
    [InlineData("a dog", "left dog", false)]
    [InlineData("a dog leftover and brightness", "", true)]
    public void A_picture_is_never_flipped_when_its_words_say_left_or_right(string caption, string phrase, bool flips)
    {
        var regions = phrase.Length > 0 ? $$""", "regions": [{"box": [0,0,20,20], "phrase": "{{phrase}}"}]""" : "";
        var data = Shard(new TarBuilder().Add("k.png", TestImages.Encode(20, 20)).Add("k.json", $$"""{"caption": "{{caption}}"{{regions}}}"""));
        var options = Options with { Augmentation = new AugmentationOptions { MinScale = 1, Flip = 0.5, RandAugmentOps = 0 } };
        var loader = Loader(data, 1, options: options);
        // Red grows from left to right in the picture.
        var flipped = Enumerable.Range(0, 64).Select(step => loader.Load(step, 0).Pixels).Count(pixels => pixels[0] > pixels[15]);
        Assert.InRange(flipped, flips ? 16 : 0, flips ? 48 : 0);
    }

    [Fact]
    public void Regions_carry_owner_box_phrase_and_whether_the_caption_has_the_phrase()
    {
        var tar = new TarBuilder()
            .Add("a.png", TestImages.Encode(32, 32)).Add("a.json", """{"caption": "a red dog", "regions": []}""")
            .Add("b.png", TestImages.Encode(32, 32)).Add("b.json", """
                {"caption": "A red dog, the cat", "regions": [
                  {"box": [4, 8, 16, 16], "phrase": "Red dog!"}, {"box": [40, 0, 5, 5], "phrase": "outside"},
                  {"box": [0, 0, 32, 32], "phrase": "dog the"}, {"box": [0, 0, 8, 8], "phrase": "?"}, {"box": [0, 0, 4, 4], "phrase": "apple"}]}
                """);
        var batch = new EvaluationReader(Shard(tar), TestVocabulary.Tokenizer, Options).Load(0, 2);
        Assert.Equal([1, 1], batch.RegionOwner);
        Assert.Equal([2, 4, 8, 8, 0, 0, 16, 16], batch.RegionBoxes);
        Assert.Equal([.. TestVocabulary.Tokenizer.Encode("red dog", 5), .. TestVocabulary.Tokenizer.Encode("dog the", 5)], batch.RegionPhrases);
        Assert.Equal([1, 1], batch.RegionInCaption);
        var last = new EvaluationReader(_open[0], TestVocabulary.Tokenizer, Options with { RegionsPerImage = 3 }).Load(1, 1);
        Assert.Equal([1, 1, 0], last.RegionInCaption);
    }

    [Fact]
    public void Training_chooses_regions_uniformly_up_to_the_most()
    {
        var regions = string.Join(',', Enumerable.Range(0, 5).Select(i => $$"""{"box": [{{4 * i}}, 0, 4, 4], "phrase": "dog"}"""));
        var data = Shard(new TarBuilder().Add("k.png", TestImages.Encode(20, 20)).Add("k.json", $$"""{"caption": "a dog", "regions": [{{regions}}]}"""));
        var loader = Loader(data, 1, options: Options with { ImageSize = 20, Augmentation = AugmentationOptions.Off });
        var counts = new int[5];
        for (var step = 0; step < 1000; step++)
        {
            var boxes = loader.Load(step, 0).RegionBoxes;
            Assert.Equal(8, boxes.Length);
            Assert.True(boxes[0] < boxes[4]);
            counts[(int)boxes[0] / 4]++;
            counts[(int)boxes[4] / 4]++;
        }

        Assert.All(counts, count => Assert.InRange(count, 330, 470));
    }

    [Fact]
    public void Pixels_of_samples_with_boxes_stay_in_place()
    {
        // A white square on black: after photometric operations alone its outline is where it was.
        using var bitmap = new SKBitmap(new SKImageInfo(16, 16, SKColorType.Rgba8888, SKAlphaType.Opaque));
        bitmap.Erase(SKColors.Black);
        bitmap.Erase(SKColors.White, new SKRectI(4, 4, 12, 12));
        using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        var box = """{"caption": "a dog", "regions": [{"box": [4, 4, 8, 8], "phrase": "a dog"}]}""";
        var data = Shard(new TarBuilder().Add("k.png", png.ToArray()).Add("k.json", box).Add("m.png", png.ToArray()).Add("m.txt", "a dog"));
        var options = Options with { Augmentation = new AugmentationOptions { MinScale = 1, Flip = 0, RandAugmentOps = 1, RandAugmentMagnitude = 10 } };
        var loader = Loader(data, 2, options: options);
        bool[] moved = [false, false];
        for (var step = 0; step < 60; step++)
        {
            var batch = loader.Load(step, 0);
            for (var i = 0; i < 2; i++)
            {
                var plane = batch.Pixels.AsSpan(i * 3 * 256, 256);
                for (var p = 0; p < 256; p++)
                {
                    var inside = p / 16 is >= 4 and < 12 && p % 16 is >= 4 and < 12;
                    moved[batch.SampleIndices[i]] |= inside ? plane[p] < 10 : plane[p] > 100;
                }
            }
        }

        Assert.Equal([false, true], moved);
    }

    [Fact]
    public void Evaluation_skips_what_cannot_be_used_and_lists_it()
    {
        var tar = new TarBuilder();
        for (var i = 0; i < 10; i++)
        {
            tar.AddSample($"k{i}", i % 3 == 0 ? [0] : TestImages.Encode(20, 20, salt: i), $"dog {i}");
        }

        var data = Shard(tar);
        var reader = new EvaluationReader(data, TestVocabulary.Tokenizer, Options);
        Assert.Equal([1, 2, 4, 5], reader.Load(0, 4).SampleIndices);
        var last = reader.Load(4, 4);
        Assert.Equal([7, 8], last.SampleIndices);
        Assert.Equal(2 * 3 * 256, last.Pixels.Length);
        Assert.Empty(reader.Load(6, 4).SampleIndices);
        Assert.Equal(["s0.tar: k0", "s0.tar: k3", "s0.tar: k6", "s0.tar: k9"], reader.Problems.Select(p => p.Where));

        var fresh = new EvaluationReader(data, TestVocabulary.Tokenizer, Options);
        Assert.Equal(last.Pixels, fresh.Load(4, 4).Pixels);
        Assert.Equal(["dog 7", "dog 8"], fresh.Load(4, int.MaxValue).Captions);
    }

    [Fact]
    public void A_cancelled_load_stops()
    {
        using var source = new CancellationTokenSource();
        source.Cancel();
        Assert.Throws<OperationCanceledException>(() => Loader(Good(4), 2).Load(0, 0, source.Token));
    }
}
