using SkiaSharp;
using TiMix.Node.Pictures;
using TiMix.Node.Processes;
using TiMix.Runs.Recipes;

namespace TiMix.Node.Tests.Commands;

/// <summary><c>timix data inspect</c> and <c>timix data pack</c> as one calls them.</summary>
public sealed class DataCommandTests : IDisposable
{
    private readonly TinyData _data = new();

    public DataCommandTests()
    {
        using var bitmap = new SKBitmap(new SKImageInfo(100, 50, SKColorType.Rgba8888, SKAlphaType.Opaque));
        bitmap.Erase(SKColors.White);
        using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        foreach (var name in new[] { "a.png", "b.png" })
        {
            File.WriteAllBytes(_data.In(name), png.ToArray());
        }

        File.WriteAllText(_data.In("list.json"), """
            [{"image": "a.png", "caption": ["كلب صغير في حديقة", "a dog"], "elems": [{"bb": [10, 20, 30, 20], "caption": "一只狗"}]},
             {"image": "../../../etc/passwd", "caption": "stolen"}, {"image": "b.png", "caption": "собака 🐕‍🦺 \u001b[31m"},
             {"image": "c.png", "caption": "gone"}]
            """);
    }

    public void Dispose() => _data.Dispose();

    [Fact]
    public async Task Any_format_is_inspected_and_what_is_broken_is_counted_and_listed()
    {
        var inspected = await Cli.RunAsync("data", "inspect", _data.In("list.json"), "--list", "1");
        Assert.Equal((ExitCode.Done, ""), (inspected.Code, inspected.Error));
        string[] expected =
        [
            "format    regions", "pictures  4, 2 of them usable", "captions  3 (1.5 a picture, from 1 to 2)", "words     9 (3.0 a caption, at most 4;",
            "boxes     1 with 1 phrases, in 1 pictures", "problems  2", "1  picture missing", "1  picture outside its directory",
            $"  list.json: entry 2: ../../../etc/passwd is not below {_data.Root}", "and 1 more; --list 2 lists all",
        ];
        Assert.All(expected, text => Assert.Contains(text, inspected.Output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Words_that_a_vocabulary_lacks_are_counted_when_it_is_named()
    {
        var inspected = await Cli.RunAsync("data", "inspect", _data.In("list.json"), "--vocabulary", _data.In("vocab.txt"));
        Assert.Contains(
            "unknown   8 of 9 words (89 %) are not in the vocabulary, such as كلب, صغير, في, حديقة, dog", inspected.Output, StringComparison.Ordinal);
        (await Cli.RunAsync("data", "inspect", _data.In("list.json"), "--vocabulary", _data.Root)).IsMistake("is a directory");
    }

    [Fact]
    public async Task Many_files_that_are_not_used_are_one_line_and_all_of_them_counted()
    {
        using (var tar = new System.Formats.Tar.TarWriter(File.Create(_data.In("s.tar"))))
        {
            foreach (var name in new[] { "a.png", "b.v1.png", "c.v1.png" })
            {
                tar.WriteEntry(_data.In("a.png"), name);
            }

            tar.WriteEntry(_data.In("vocab.txt"), "a.txt");
        }

        var inspected = await Cli.RunAsync("data", "inspect", _data.In("s.tar"), "--list", "1");
        Assert.Contains("problems  2\n         2  file of a shard that is not used\n", inspected.Output, StringComparison.Ordinal);
        Assert.Contains("s.tar: b.v1.png: extension v1.png is not known; no dots in keys (so are 2 files)", inspected.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("more; --list", inspected.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_says_how_many_samples_were_replaced_and_that_its_vocabulary_is_another_ones()
    {
        File.WriteAllLines(_data.In("vocab.txt"), ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "maison", "rouge"]);
        File.WriteAllText(_data.In("r.json"), RecipeFile.Write(_data.Recipe));
        var run = await Cli.RunAsync(
            "train", _data.In("r.json"), "--run", "said", "--runs-dir", _data.Runs, "--threads", "1", "--http", "off", "--set", "run.evaluateEvery=0");
        Assert.True(run.Code == ExitCode.Done, run.Output + run.Error);
        Assert.Matches(@"warning: .*vocab.txt: \d\d % of the words \(\d+ of \d+ in 16 training samples\) are not in this vocabulary", run.Output);
        // One of sixteen samples is broken; six steps of eight go three times over all.
        var file = Path.Combine(_data.Runs, "said", "replacements.jsonl");
        Assert.Contains($"data               3 of 48 samples were broken and replaced by others, see {file}", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_sheet_shows_pictures_boxes_and_captions_in_any_alphabet()
    {
        var inspected = await Cli.RunAsync("data", "inspect", _data.In("list.json"), "--sheet", _data.In("sheet.png"));
        Assert.True(inspected.Code == ExitCode.Done, inspected.Error);
        using var sheet = SKBitmap.Decode(_data.In("sheet.png"));
        // Two pictures of 288 and gaps of 14; the first is 288 x 144 in the middle of its cell, its box begins at (10, 20) times 2.88.
        Assert.Equal(14 + (2 * (288 + 14)), sheet.Width);
        var (left, top) = (14 + (int)(10 * 2.88), 14 + 72 + (int)(20 * 2.88));
        Assert.Equal(new SKColor(0xFF, 0xD1, 0x00), sheet.GetPixel(left, top + 20));
        Assert.Equal(SKColors.White, sheet.GetPixel(left + 10, top + 20));
        Assert.Contains(Enumerable.Range(14, 288), x => Enumerable.Range(14 + 288, 20).Any(y => sheet.GetPixel(x, y).Red < 100));
    }

    [Fact]
    public async Task Packed_data_train_to_the_weights_of_the_data_they_were_packed_from()
    {
        var packed = await Cli.RunAsync("data", "pack", _data.In("test.tar"), "--out", _data.In("packed", "t-{0..}.tar"), "--shard-size", "3");
        Assert.True(packed.Code == ExitCode.Done, packed.Error);
        Assert.Contains("packed    8 of 8 pictures with 8 captions and 8 boxes", packed.Output, StringComparison.Ordinal);
        Assert.Contains($"shards    3, 0.0 MB: {_data.In("packed", "t-{0..2}.tar")}", packed.Output, StringComparison.Ordinal);
        await File.WriteAllTextAsync(_data.In("tiny.json"), RecipeFile.Write(_data.Recipe), TestContext.Current.CancellationToken);
        var original = await Fingerprint("original", _data.In("test.tar"));
        Assert.Equal(original, await Fingerprint("packed", _data.In("packed", "t-{0..2}.tar")));
        Assert.NotEqual(original, await Fingerprint("other", _data.In("train.tar")));
    }

    [Fact]
    public async Task What_is_left_out_of_a_packing_is_said()
    {
        var packed = await Cli.RunAsync("data", "pack", _data.In("list.json"), "--out", _data.In("one.tar"), "--captions", "first");
        Assert.Contains("packed    2 of 4 pictures with 2 captions and 1 boxes", packed.Output, StringComparison.Ordinal);
        Assert.Contains("problems  2", packed.Output, StringComparison.Ordinal);
        (await Cli.RunAsync("data", "pack", _data.In("list.json"), "--out", _data.In("one.tar"))).IsMistake("--force");
        Assert.Equal(ExitCode.Done, (await Cli.RunAsync("data", "pack", _data.In("list.json"), "--out", _data.In("one.tar"), "--force")).Code);
    }

    [Theory]
    [InlineData("pack list.json --out x.tar --shard-size 5", "x-{000..}.tar")]
    [InlineData("pack list.json --out x-{0..}.tar --shard-size five", "256MB")]
    [InlineData("pack list.json --out x", "train-{000..}.tar")]
    [InlineData("pack list.json --out x.tar --captions some", "all or first")]
    [InlineData("pack list.json --out x.tar --format coco", "names no picture, read as coco")]
    [InlineData("pack absent.json --out x.tar", "no such file")]
    [InlineData("pack list.json", "--out")]
    [InlineData("inspect list.json --split test", "has no splits")]
    [InlineData("inspect list.json --format lsit", "is no format")]
    [InlineData("inspect list.json --sheet a.png --sheet-pictures 0", "from 1 to 400")]
    [InlineData("inspect list.json --sheet absent/sheet.png", "cannot be written")]
    public async Task A_mistake_is_named_and_nothing_is_written(string arguments, string expected)
    {
        string[] words = [.. arguments.Split(' ').Select(word => word.Contains('.', StringComparison.Ordinal) ? _data.In(word) : word)];
        (await Cli.RunAsync(["data", .. words])).IsMistake(expected);
        Assert.Empty(Directory.EnumerateFiles(_data.Root, "x*"));
    }

    [Fact]
    public void Text_is_cut_into_lines_that_fit_and_what_is_no_character_is_no_trouble()
    {
        using var text = new SheetText(13);
        var lines = text.Wrap("a rather long caption of many words\tand\nmore of them than there is room for", 100, 3);
        Assert.Equal(3, lines.Count);
        Assert.All(lines, line => Assert.InRange(text.Width(line), 1, 100));
        Assert.StartsWith("a rather long", lines[0], StringComparison.Ordinal);
        Assert.EndsWith("…", lines[2], StringComparison.Ordinal);
        Assert.Equal(["short"], text.Wrap("short", 100, 3));
        Assert.Empty(text.Wrap(" \n ", 100, 3));
        using var bitmap = new SKBitmap(400, 40);
        using var canvas = new SKCanvas(bitmap);
        foreach (var odd in new[] { "\uD83D", "x\uDE00\0", "👨‍👩‍👧‍👦👍🏽", "漢字かな한글", "שלום עולם", new string('m', 5000),
            string.Concat(Enumerable.Repeat("🐕", 500)) })
        {
            Assert.All(text.Wrap(odd, 50, 2), line => Assert.DoesNotContain('\0', line));
            text.Draw(canvas, text.Shorten(odd, 50), 0, 20);
        }
    }

    private async Task<string> Fingerprint(string name, string train)
    {
        var trained = await Cli.RunAsync(
            "train", _data.In("tiny.json"), "--run", name, "--quiet", "--steps", "2", "--threads", "1", "--set", $"data.train={train}", "--runs-dir",
            _data.Runs, "--data-dir", _data.In("sample"));
        Assert.True(trained.Code == ExitCode.Done, trained.Output + trained.Error);
        return trained.Output.Split('\n').Single(line => line.StartsWith("fingerprint", StringComparison.Ordinal));
    }
}
