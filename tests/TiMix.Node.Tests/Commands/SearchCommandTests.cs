using System.Text.Json.Nodes;
using SkiaSharp;
using TiMix.Node.Pictures;
using TiMix.Node.Processes;

namespace TiMix.Node.Tests.Commands;

/// <summary><c>timix search</c> and <c>timix classify</c> as one calls them, with a model that was trained a moment ago.</summary>
public sealed class SearchCommandTests : IClassFixture<CommandTests.TinyRun>, IDisposable
{
    private static readonly (string Name, SKColor Color)[] Colors =
        [("red", SKColors.Red), ("green", SKColors.Green), ("blue", SKColors.Blue), ("yellow", SKColors.Yellow), ("black", SKColors.Black),
            ("white", SKColors.White)];

    private readonly CommandTests.TinyRun _run;
    private readonly string _folder = Directory.CreateTempSubdirectory("timix-search-").FullName;

    public SearchCommandTests(CommandTests.TinyRun run)
    {
        _run = run;
        foreach (var (name, color) in Colors)
        {
            Picture($"{name}/собака 1.png", color, 30, 20);
            Picture($"{name}/2.png", color, 16, 16);
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_search_lists_pictures_draws_them_and_encodes_only_what_is_new()
    {
        File.WriteAllText(Path.Combine(_folder, "broken.jpg"), "no picture");
        var sheetFile = Path.Combine(_folder, "sheet");
        var first = await Search("a red square", "--sheet", sheetFile, "--top", "7", "--run", "done");
        Assert.True(first.Code == ExitCode.Done, first.Error);
        Assert.StartsWith(
            $"\"a red square\" among 12 pictures of {_folder} (12 newly encoded), by done after 6 steps:", first.Output, StringComparison.Ordinal);
        Assert.Contains("1 left out:\n  broken.jpg: its picture cannot be decoded", first.Output, StringComparison.Ordinal);
        Assert.Contains($"Wrote {sheetFile}", first.Output, StringComparison.Ordinal);
        Assert.Empty(first.Error);

        Picture("red/2.png", SKColors.Purple, 20, 20);
        var second = await Search("a red square", "--json", "--top", "7");
        var json = JsonNode.Parse(second.Output)!;
        Assert.Equal(("done", 6, 12, 1), ((string)json["model"]!, (int)json["step"]!, (int)json["pictures"]!, (int)json["encoded"]!));
        var hits = json["hits"]!.AsArray();
        Assert.Equal(7, hits.Count);
        var scores = hits.Select(hit => (double)hit!["score"]!).ToList();
        Assert.Equal(scores.OrderDescending(), scores);
        Assert.Equal("broken.jpg", (string)json["broken"]![0]!["where"]!);

        // The first hit's own colour in the middle of the first cell, the sixth hit's at the beginning of the second row.
        using var sheet = SKBitmap.Decode(sheetFile);
        var listed = first.Output.Split('\n').SkipWhile(line => !line.StartsWith("rank", StringComparison.Ordinal)).Skip(1).Take(7).Select(line => line[14..])
            .ToList();
        Assert.Equal(7, listed.Distinct().Count());
        var top = SearchSheet.HeadHeight(new SheetHead("", "", []));
        Assert.Equal(SearchSheet.Gap + (SearchSheet.Columns * (SearchSheet.Cell + SearchSheet.Gap)), sheet.Width);
        Assert.Equal(ColorOf(listed[0]), sheet.GetPixel(SearchSheet.Gap + (SearchSheet.Cell / 2), top + (SearchSheet.Cell / 2)));
        Assert.Equal(ColorOf(listed[5]), sheet.GetPixel(SearchSheet.Gap + (SearchSheet.Cell / 2), sheet.Height - 60 - (SearchSheet.Cell / 2)));
        var names = Enumerable.Range(SearchSheet.Gap, SearchSheet.Cell)
            .Count(x => Enumerable.Range(top + SearchSheet.Cell + 4, 34).Any(y => sheet.GetPixel(x, y).Red < 160));
        Assert.InRange(names, 20, SearchSheet.Cell);
    }

    [Fact]
    public async Task A_picture_can_be_the_query_and_stands_framed_before_what_it_found()
    {
        var (like, sheetFile) = (Path.Combine(_folder, "blue", "2.png"), Path.Combine(_folder, "sheet.out"));
        var found = await Search(null, "--like", like, "--sheet", sheetFile, "--top", "1");
        Assert.True(found.Code == ExitCode.Done, found.Error);
        Assert.Contains("   1   1.000  blue/", found.Output, StringComparison.Ordinal);
        using var sheet = SKBitmap.Decode(sheetFile);
        var (x, y) = (SearchSheet.Gap, SearchSheet.HeadHeight(new SheetHead("", "", [])));
        Assert.Equal(new SKColor(0x1F, 0x6F, 0xEB), sheet.GetPixel(x + 1, y + 50));
        Assert.Equal(SKColors.Blue, sheet.GetPixel(x + 50, y + 50));
        Assert.Equal(SKColors.Blue, sheet.GetPixel(x + SearchSheet.Cell + SearchSheet.Gap + 50, y + 50 + 30));
    }

    [Fact]
    public async Task Words_that_say_nothing_and_words_past_the_end_are_named()
    {
        var unknown = await Search("красный квадрат", "--top", "1");
        Assert.Contains(
            "no words of the vocabulary, so they tell the model little or nothing: красный, квадрат; there is no other word, so the order means nothing",
            unknown.Output, StringComparison.Ordinal);
        var longer = await Search("a red square on a red square on a red square", "--top", "1");
        Assert.Contains("the query is longer than what the model reads; cut off: a red square\n", longer.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("vocabulary", longer.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Classification_measures_accuracy_where_folders_are_classes()
    {
        var text = await Cli.RunAsync(["classify", "--images", _folder, "--template", "a {}", "--template", "{} square", .. _run.Places]);
        Assert.True(text.Code == ExitCode.Done, text.Error);
        Assert.StartsWith("12 pictures, 6 classes, 2 templates, by done after 6 steps", text.Output, StringComparison.Ordinal);
        var json = JsonNode.Parse(
            (await Cli.RunAsync(["classify", "--images", _folder, "--template", "a {}", "--template", "{} square", "--json", .. _run.Places])).Output)!;
        var pictures = json["pictures"]!.AsArray();
        double right = pictures.Count(picture => (string)picture!["label"]! == (string)picture["guesses"]![0]!["name"]!);
        double five = pictures.Count(picture => picture!["guesses"]!.AsArray().Any(guess => (string)guess!["name"]! == (string)picture["label"]!));
        Assert.Equal((12, 5), (pictures.Count, pictures[0]!["guesses"]!.AsArray().Count));
        Assert.Equal(100 * right / 12, (double)json["top1"]!, 1e-9);
        Assert.Equal(100 * five / 12, (double)json["top5"]!, 1e-9);
        Assert.Contains(
            FormattableString.Invariant($"top-1 {100 * right / 12:F2} %, top-5 {100 * five / 12:F2} % (chance 16.67 and 83.33)"), text.Output,
            StringComparison.Ordinal);
        Assert.Equal(Colors.Select(color => color.Name).Order(StringComparer.Ordinal), json["perClass"]!.AsArray().Select(one => (string)one!["name"]!));
        Assert.All(json["perClass"]!.AsArray(), one => Assert.Equal(2, (int)one!["pictures"]!));
        Assert.Equal(right, json["perClass"]!.AsArray().Sum(one => (double)one!["top1"]! * 2 / 100), 1e-9);
    }

    [Fact]
    public async Task Labels_and_templates_come_from_files_too_and_without_folders_guesses_are_listed()
    {
        var (labels, templates) = (Path.Combine(_folder, "labels.txt"), Path.Combine(_folder, "templates.txt"));
        File.WriteAllLines(labels, ["red", "", " blue "]);
        File.WriteAllLines(templates, ["a {}", "a {} square"]);
        var listed = await Cli.RunAsync(["classify", "--images", Path.Combine(_folder, "green"), "--labels", labels, "--template", templates, .. _run.Places]);
        Assert.True(listed.Code == ExitCode.Done, listed.Error);
        Assert.StartsWith("2 pictures, 2 classes, 2 templates, by done", listed.Output, StringComparison.Ordinal);
        Assert.Matches(@"\n2\.png: (red|blue) \d+ %, (red|blue) \d+ %\n", listed.Output);
        var inline = await Cli.RunAsync(["classify", "--images", Path.Combine(_folder, "green"), "--labels", "red, blue", "--template", "a {}", "--template",
            "a {} square", .. _run.Places]);
        Assert.Equal(listed.Output, inline.Output);
    }

    [Theory]
    [InlineData("search", "WORDS or --like FILE")]
    [InlineData("search red --like FOLDER/red/2.png", "WORDS or --like FILE")]
    [InlineData("search red --top 0", "--top is 0; it must be from 1 to 1000.")]
    [InlineData("search red --top 201 --sheet x.png", "from 1 to 200 with --sheet")]
    [InlineData("search ?!", "\"?!\" has no word")]
    [InlineData("search --like FOLDER/absent.png", "absent.png cannot be read")]
    [InlineData("search red --run missing", "there is no run \"missing\"")]
    [InlineData("search red --sheet FOLDER/absent/sheet.png", "cannot be written")]
    [InlineData("classify --labels red", "there is one label; two at least are needed")]
    [InlineData("classify --labels red,RED", "the label \"RED\" is there twice")]
    [InlineData("classify --template photo", "the template \"photo\" has no {}")]
    public async Task A_mistake_is_named(string arguments, string expected)
    {
        string[] words = [.. arguments.Split(' ').Select(word => word.Replace("FOLDER", _folder, StringComparison.Ordinal))];
        (await Cli.RunAsync([.. words, "--images", _folder, .. _run.Places])).IsMistake(expected);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_used_is_named()
    {
        (await Cli.RunAsync(["search", "red", "--images", Path.Combine(_folder, "absent"), .. _run.Places])).IsMistake("there is no such folder");
        Directory.CreateDirectory(Path.Combine(_folder, "empty"));
        (await Cli.RunAsync(["classify", "--images", Path.Combine(_folder, "empty"), .. _run.Places])).IsMistake("there is no picture in it");
        Assert.Equal(ExitCode.Mistake, (await Cli.RunAsync(["search", "red", .. _run.Places])).Code);
    }

    private Task<Cli> Search(string? words, params string[] options) =>
        Cli.RunAsync(["search", .. words is null ? Array.Empty<string>() : [words], "--images", _folder, .. options, .. _run.Places]);

    private static SKColor ColorOf(string path) => Colors.Single(color => path.StartsWith(color.Name + "/", StringComparison.Ordinal)).Color;

    private void Picture(string name, SKColor color, int width, int height)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(_folder, name))!);
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        bitmap.Erase(color);
        using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        File.WriteAllBytes(Path.Combine(_folder, name), png.ToArray());
    }
}
