using SkiaSharp;
using TiMix.Data;
using TiMix.Data.Loading;
using TiMix.Data.Pictures;
using TiMix.Work.Search;

namespace TiMix.Actors.Tests.Search;

/// <summary>With an encoder whose features are the picture's own red, green and blue.</summary>
public sealed class FeatureIndexTests : IDisposable
{
    private const int Width = 3;
    private static readonly LoaderOptions Options = new() { ImageSize = 2, ContextLength = 5 };
    private readonly string _folder = Directory.CreateTempSubdirectory("timix-pictures-").FullName;
    private readonly string _elsewhere = Directory.CreateTempSubdirectory("timix-features-").FullName;
    private readonly List<string> _notices = [];
    private readonly List<int> _batches = [];

    private string CacheFile => Path.Combine(_elsewhere, "features.safetensors");

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        Directory.Delete(_elsewhere, recursive: true);
    }

    [Fact]
    public void Features_stand_in_the_order_of_the_paths()
    {
        Picture("b.png", 10, 20, 30);
        Picture("sub/a.png", 1, 2, 3);
        Picture("a.png", 40, 50, 60);
        var index = Build();
        Assert.Equal(["a.png", "b.png", "sub/a.png"], index.Files.Select(file => file.Path));
        Assert.Equal([40, 50, 60, 10, 20, 30, 1, 2, 3], index.Features);
        Assert.Equal((3, 0), (index.Encoded, index.Broken.Count));
        Assert.Equal([16], _batches);
    }

    [Fact]
    public void Only_what_is_new_or_changed_is_encoded_again()
    {
        for (var i = 0; i < 20; i++)
        {
            Picture($"{i:D2}.png", (byte)i, 0, 0);
        }

        Assert.Equal(20, Build().Encoded);
        Assert.Equal([16, 16], _batches);
        var again = Build();
        Assert.Equal(0, again.Encoded);
        Assert.Equal([16, 16], _batches);
        Assert.Equal(Enumerable.Range(0, 20).SelectMany(i => new float[] { i, 0, 0 }), again.Features);

        // Changed, of another time, new, gone, and renamed.
        Picture("03.png", 103, 7, 7);
        File.SetLastWriteTimeUtc(InFolder("04.png"), new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        Picture("20.png", 20, 0, 0);
        File.Delete(InFolder("05.png"));
        File.Move(InFolder("06.png"), InFolder("x.png"));
        var changed = Build();
        Assert.Equal((4, 20), (changed.Encoded, changed.Files.Count));
        Assert.Equal([103, 7, 7], Of(changed, "03.png"));
        Assert.Equal([4, 0, 0], Of(changed, "04.png"));
        Assert.Equal([6, 0, 0], Of(changed, "x.png"));
        Assert.DoesNotContain(changed.Files, file => file.Path is "05.png" or "06.png");
        Assert.Equal(0, Build().Encoded);
        Assert.Empty(_notices);
    }

    [Fact]
    public void Pictures_that_cannot_be_used_are_listed_and_the_others_found()
    {
        Picture("good.png", 1, 2, 3);
        Picture("strange.png", 255, 255, 255);
        File.WriteAllText(InFolder("text.jpg"), "no picture");
        File.WriteAllBytes(InFolder("empty.png"), []);
        for (var time = 0; time < 2; time++)
        {
            var index = Build();
            Assert.Equal(["good.png"], index.Files.Select(file => file.Path));
            Assert.Equal([1, 2, 3], index.Features);
            Assert.Equal(["empty.png", "strange.png", "text.jpg"], index.Broken.Select(problem => problem.Where).Order(StringComparer.Ordinal));
            Assert.Equal("is empty", index.Broken.Single(problem => problem.Where == "empty.png").What);
            Assert.Equal("comes to a feature that is no number", index.Broken.Single(problem => problem.Where == "strange.png").What);
            Assert.Equal(time == 0 ? 1 : 0, index.Encoded);
        }
    }

    [Fact]
    public void A_folder_without_a_usable_picture_is_refused_with_the_first_reason()
    {
        File.WriteAllBytes(InFolder("a.png"), []);
        File.WriteAllText(InFolder("b.png"), "no picture");
        var error = Assert.Throws<DataException>(() => Build());
        Assert.Equal($"{_folder}: not one of its 2 pictures can be used; the first, a.png, is empty.", error.Message);
        Assert.False(File.Exists(CacheFile));
    }

    [Fact]
    public void What_was_encoded_before_it_was_stopped_is_kept()
    {
        for (var i = 0; i < 40; i++)
        {
            Picture($"{i:D2}.png", (byte)i, 0, 0);
        }

        using var stop = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => Build(stop: stop, stopAfter: 2));
        var index = Build();
        Assert.Equal((8, 40), (index.Encoded, index.Files.Count));
        Assert.Equal(Enumerable.Range(0, 40).SelectMany(i => new float[] { i, 0, 0 }), index.Features);
    }

    [Fact]
    public void Many_pictures_are_encoded_a_batch_at_a_time_with_word_of_each_tenth()
    {
        for (var i = 0; i < 160; i++)
        {
            Picture($"{i:D3}.png", (byte)i, 0, 0);
        }

        Assert.Equal(160, Build().Encoded);
        Assert.Equal(Enumerable.Repeat(16, 10), _batches);
        Assert.Equal(Enumerable.Range(1, 10).Select(tenth => $"encoded {16 * tenth} of 160 pictures"), _notices);
    }

    [Fact]
    public void Every_flipped_byte_and_every_tear_of_the_cache_is_found_and_the_cache_is_made_anew()
    {
        Picture("a \"b\" é.png", 1, 2, 3);
        Picture("b.png", 4, 5, 6);
        float[] right = [1, 2, 3, 4, 5, 6];
        Assert.Equal(right, Build().Features);
        var whole = File.ReadAllBytes(CacheFile);
        for (var at = 0; at < whole.Length; at++)
        {
            byte[] flipped = [.. whole];
            flipped[at] ^= 4;
            AssertDamaged(flipped);
            AssertDamaged(whole[..at]);
        }

        var index = Build();
        Assert.Equal((2, 0), (index.Encoded, index.Broken.Count));
        Assert.Equal(right, index.Features);
        Assert.Contains(
            _notices,
            notice => notice.StartsWith(CacheFile, StringComparison.Ordinal) && notice.EndsWith("All pictures are encoded again.", StringComparison.Ordinal));
        Assert.Equal(whole, File.ReadAllBytes(CacheFile));
    }

    [Theory]
    [InlineData("not a cache at all")]
    [InlineData("")]
    [InlineData("{\"__metadata__\": {}}")]
    public void A_strangers_file_in_the_place_of_the_cache_is_replaced(string content)
    {
        Picture("a.png", 1, 2, 3);
        File.WriteAllText(CacheFile, content);
        Assert.Equal(1, Build().Encoded);
        Assert.Single(_notices);
        Assert.Equal(0, Build().Encoded);
    }

    [Fact]
    public void A_cache_of_another_key_is_not_used()
    {
        Picture("a.png", 1, 2, 3);
        Build();
        Assert.Equal(1, Build(key: "another").Encoded);
        Assert.Contains("is of another model", _notices.Single(), StringComparison.Ordinal);
        Assert.Equal(1, Build().Encoded);
    }

    [Fact]
    public void Without_a_place_for_the_cache_the_search_goes_on()
    {
        Picture("a.png", 1, 2, 3);
        Directory.CreateDirectory(CacheFile);
        Assert.Equal([1, 2, 3], Build().Features);
        Assert.Contains("cannot be written, so all pictures will be encoded again next time", _notices.Single(), StringComparison.Ordinal);
    }

    private void AssertDamaged(byte[] content)
    {
        File.WriteAllBytes(CacheFile, content);
        var (known, damage) = new FeatureCache(CacheFile, "key", Width).Read();
        Assert.Empty(known);
        Assert.StartsWith(CacheFile, damage, StringComparison.Ordinal);
    }

    private FeatureIndex Build(string key = "key", CancellationTokenSource? stop = null, int stopAfter = 0) => FeatureIndex.Build(
        PictureFolder.List(_folder),
        (pixels, count) =>
        {
            _batches.Add(count);
            if (_batches.Count == stopAfter)
            {
                stop!.Cancel();
            }

            // The first pixel of each plane of 2×2; white comes to no number.
            var features = Enumerable.Range(0, count * Width).Select(i => (float)pixels[i * 4]).ToArray();
            return [.. features.Chunk(Width).SelectMany(rgb => rgb.All(value => value == 255) ? [float.NaN, 0, 0] : rgb)];
        },
        Options,
        new FeatureCache(CacheFile, key, Width),
        _notices.Add,
        stop?.Token ?? CancellationToken.None);

    private string InFolder(string name) => Path.Combine(_folder, name);

    private static float[] Of(FeatureIndex index, string path) =>
        index.Features.AsSpan(index.Files.Select(file => file.Path).ToList().IndexOf(path) * Width, Width).ToArray();

    private void Picture(string name, byte red, byte green, byte blue)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(InFolder(name))!);
        using var bitmap = new SKBitmap(new SKImageInfo(3, 3, SKColorType.Rgba8888, SKAlphaType.Opaque));
        bitmap.Erase(new SKColor(red, green, blue));
        using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        File.WriteAllBytes(InFolder(name), png.ToArray());
    }
}
