using SkiaSharp;
using TiMix.Base;
using TiMix.Data.Loading;
using TiMix.Data.Pictures;
using TiMix.Data.Text;
using TiMix.Learning.Model;
using TiMix.Runs.Recipes;
using TiMix.Runs.Snapshots;
using TiMix.Runs.Sources;
using TiMix.Work.Evaluation;
using TiMix.Work.Search;
using TorchSharp;
using static TorchSharp.torch;

namespace TiMix.Actors.Tests.Search;

/// <summary>
/// Search and classification by a model of drawn weights, against each picture and each prompt encoded alone and compared in
/// double precision.
/// </summary>
public sealed class PictureQuestionsTests : IDisposable
{
    private static readonly string[] Colors = ["red", "green", "blue", "yellow", "black", "white"];
    private readonly TinyData _data = new();
    private readonly EvaluatedModel _model;
    private readonly WordPieceTokenizer _tokenizer;
    private readonly LoaderOptions _options;
    private readonly ModelPlace _place;

    public PictureQuestionsTests()
    {
        var recipe = _data.Recipe;
        _tokenizer = new RunData(recipe, _data.In("sample")).OpenTokenizer();
        var config = recipe.ModelConfig(_tokenizer.VocabularySize);
        _options = recipe.LoaderOptions(config);
        var parameters = Drawn(config);
        _model = new EvaluatedModel(config, parameters);
        var store = new SnapshotStore(_data.In("snapshots"));
        var nothing = new float[parameters.Length];
        var (name, _) = store.Write(
            new SnapshotContent(7, parameters, nothing, nothing, parameters, new Dictionary<long, float[]>()), DualEncoder.LayoutOf(config), config,
            RecipeFile.Write(recipe), 1);
        _place = new ModelPlace(store.PathOf(name), _data.Runs, _data.In("sample"));
        for (var i = 0; i < 24; i++)
        {
            Picture($"{(i % 2 == 0 ? Colors[i % 6].ToUpperInvariant() : Colors[i % 6])}/{i:D2}.png", i);
        }

        Picture("nobody/24.png", 24);
        Picture("25.png", 25);
    }

    private string Folder => _data.In("pictures");

    public void Dispose()
    {
        _model.Dispose();
        _data.Dispose();
    }

    [Fact]
    public async Task Pictures_are_classified_by_the_mean_of_the_prompts()
    {
        string[] templates = ["a {}", "{} on {} square", "a picture of {}"];
        var result = await PictureClassification.RunAsync(_place, Folder, Colors, templates, _ => { }, CancellationToken.None);
        var classes = Colors.Select(
            color => Normalised(Sum(templates.Select(template => TextFeature(template.Replace("{}", color, StringComparison.Ordinal)))))).ToList();

        var (first, five, of) = (new double[6], 0, new int[6]);
        foreach (var picture in result.Pictures)
        {
            var cosines = classes.ConvertAll(feature => Dot(feature, PictureFeature(picture.Path)));
            var order = Enumerable.Range(0, 6).OrderByDescending(c => cosines[c]).ToList();
            var chances = cosines.ConvertAll(cosine => Math.Exp((cosine - cosines.Max()) / _model.Temperature));
            Assert.Equal(order.Take(5), picture.Guesses.Select(guess => guess.Class));
            Assert.All(picture.Guesses, guess => Assert.Equal(chances[guess.Class] / chances.Sum(), guess.Probability, 1e-3));
            var label = Array.IndexOf(Colors, picture.Path.Split('/')[0].ToLowerInvariant());
            Assert.Equal(label < 0 ? null : Colors[label], picture.Label);
            if (label >= 0)
            {
                of[label]++;
                first[label] += order[0] == label ? 1 : 0;
                five += order.IndexOf(label) < 5 ? 1 : 0;
            }
        }

        Assert.Equal([4, 4, 4, 4, 4, 4], of);
        Assert.InRange(first.Sum(), 1, 23);
        Assert.Equal(26, result.Pictures.Count);
        Assert.Equal(of, result.Scores!.Images);
        Assert.Equal(100 * first.Sum() / 24, result.Scores.Top1, 1e-9);
        Assert.Equal(100.0 * five / 24, result.Scores.Top5, 1e-9);
        Assert.All(first.Index(), entry => Assert.Equal(100 * entry.Item / 4, result.Scores.Classes[entry.Index], 1e-9));
        Assert.Equal(["picture", "of"], result.UnknownWords);
        Assert.Empty(result.CutPrompts);
        Assert.Equal(7, result.Step);
    }

    [Fact]
    public async Task Folders_are_the_classes_if_none_are_given_and_default_templates_are_those_of_known_words()
    {
        var result = await PictureClassification.RunAsync(_place, Folder, null, null, _ => { }, CancellationToken.None);
        Assert.Equal(["BLACK", "BLUE", "RED", "green", "nobody", "white", "yellow"], result.Labels.Order(StringComparer.Ordinal));
        Assert.Equal(["{}", "a {}"], result.Templates);
        Assert.Equal(25, result.Scores!.Images.Sum());
        Assert.Equal(["nobody"], result.UnknownWords);
        Assert.Single(result.Pictures, picture => picture.Label is null);
    }

    [Fact]
    public async Task A_prompt_past_the_context_is_cut_and_named()
    {
        var template = string.Join(' ', Enumerable.Repeat("a", 8)) + " {}";
        var result = await PictureClassification.RunAsync(_place, Folder, ["red", "green"], ["{}", template], _ => { }, CancellationToken.None);
        Assert.Equal([template.Replace("{}", "red", StringComparison.Ordinal), template.Replace("{}", "green", StringComparison.Ordinal)], result.CutPrompts);
    }

    [Theory]
    [InlineData("red", "{}", "there is one label; two at least are needed")]
    [InlineData("red,Red!", "{}", "the label \"Red!\" is there twice")]
    [InlineData("red,?", "{}", "the label \"?\" has no word")]
    [InlineData("red,blue", "a picture", "the template \"a picture\" has no {}")]
    public async Task Labels_and_templates_that_cannot_be_used_are_named(string labels, string template, string expected)
    {
        var error = await Assert.ThrowsAsync<RunError>(
            () => PictureClassification.RunAsync(_place, Folder, labels.Split(','), [template], _ => { }, CancellationToken.None));
        Assert.StartsWith(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_search_by_words_puts_the_nearest_pictures_first()
    {
        var result = await PictureSearch.RunAsync(_place, Folder, "A red square, sofa", null, 10, _ => { }, CancellationToken.None);
        var query = TextFeature("a red square sofa");
        var expected = PictureFolder.List(Folder).Files.Select(file => (file.Path, Score: Dot(query, PictureFeature(file.Path))))
            .OrderByDescending(hit => hit.Score).Take(10).ToList();
        Assert.Equal(expected.Select(hit => hit.Path), result.Hits.Select(hit => hit.Path));
        Assert.Equal(Enumerable.Range(1, 10), result.Hits.Select(hit => hit.Rank));
        Assert.All(expected.Zip(result.Hits, (right, hit) => (right.Score, hit)), pair => Assert.Equal(pair.Score, pair.hit.Score, 1e-5));
        Assert.Equal((26, 26, 7L, false), (result.Pictures, result.Encoded, result.Step, result.SaysNothing));
        Assert.Equal(["sofa"], result.UnknownWords);
        Assert.Empty(result.UnreadWords);
    }

    [Fact]
    public async Task A_search_by_a_picture_finds_it_first_and_encodes_nothing_twice()
    {
        await PictureSearch.RunAsync(_place, Folder, "red", null, 1, _ => { }, CancellationToken.None);
        var like = Path.Combine(Folder, "25.png");
        var result = await PictureSearch.RunAsync(_place, Folder, null, like, 3, _ => { }, CancellationToken.None);
        Assert.Equal((0, 3), (result.Encoded, result.Hits.Count));
        Assert.Equal("25.png", result.Hits[0].Path);
        Assert.Equal(1, result.Hits[0].Score, 1e-6);
        var error = await Assert.ThrowsAsync<RunError>(
            () => PictureSearch.RunAsync(_place, Folder, null, _data.In("vocab.txt"), 3, _ => { }, CancellationToken.None));
        Assert.Contains("vocab.txt its picture cannot be decoded", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_query_in_another_alphabet_or_of_no_word_is_told_from_one_that_says_something()
    {
        var result = await PictureSearch.RunAsync(_place, Folder, "красный квадрат", null, 1, _ => { }, CancellationToken.None);
        Assert.True(result.SaysNothing);
        Assert.Equal(["красный", "квадрат"], result.UnknownWords);
        var error = await Assert.ThrowsAsync<RunError>(() => PictureSearch.RunAsync(_place, Folder, "?!", null, 1, _ => { }, CancellationToken.None));
        Assert.StartsWith("\"?!\" has no word", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_newest_run_is_the_one_that_wrote_a_snapshot_last()
    {
        Assert.Contains(
            "there is no snapshot of any run in", Assert.Throws<RunError>(() => SnapshotFinder.NewestRun(_data.Runs)).Message, StringComparison.Ordinal);
        foreach (var (run, step, day) in new[] { ("a", 4, 1), ("b", 2, 3), ("b", 1, 2), ("c", 9, 2) })
        {
            var snapshot = Directory.CreateDirectory(_data.In("runs", run, "snapshots", SnapshotStore.NameOf(step)));
            File.WriteAllText(Path.Combine(snapshot.FullName, "snapshot.json"), "{}");
            File.SetLastWriteTimeUtc(Path.Combine(snapshot.FullName, "snapshot.json"), new DateTime(2026, 1, day, 0, 0, 0, DateTimeKind.Utc));
        }

        Directory.CreateDirectory(_data.In("runs", "d"));
        Assert.Equal("b", SnapshotFinder.NewestRun(_data.Runs));
    }

    private double[] TextFeature(string text) =>
        Array.ConvertAll(_model.TextFeatures(_tokenizer.Encode(text, _options.ContextLength), 1), value => (double)value);

    private double[] PictureFeature(string path)
    {
        var pixels = new byte[3 * _options.ImageSize * _options.ImageSize];
        PictureReader.Read(Path.Combine(Folder, path), _options, pixels);
        return Array.ConvertAll(_model.ImageFeatures(pixels, 1), value => (double)value);
    }

    private static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();

    private static double[] Sum(IEnumerable<double[]> vectors) => vectors.Aggregate((a, b) => [.. a.Zip(b, (x, y) => x + y)]);

    private static double[] Normalised(double[] vector) => [.. vector.Select(x => x / Math.Sqrt(Dot(vector, vector)))];

    /// <summary>No two alike.</summary>
    private void Picture(string name, int i)
    {
        var file = Path.Combine(Folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        using var bitmap = new SKBitmap(new SKImageInfo(16, 16, SKColorType.Rgba8888, SKAlphaType.Opaque));
        using var canvas = new SKCanvas(bitmap);
        using var paint = new SKPaint { Color = new SKColor((byte)(i * 83), (byte)(i * 47), (byte)(255 - (i * 31 % 256))) };
        canvas.Clear(new SKColor((byte)(i * 29), (byte)(i * 101), (byte)(i * 7)));
        canvas.DrawRect(i % 5, i % 7, 4 + (i % 6), 3 + (i % 4), paint);
        canvas.Flush();
        using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        File.WriteAllBytes(file, png.ToArray());
    }

    private static float[] Drawn(ModelConfig config)
    {
        using var values = new ParameterBuffer(DualEncoder.LayoutOf(config), CPU);
        values.InitializeFrom(3);
        var random = new SeededRandom(4);
        foreach (var slot in values.Layout.Slots)
        {
            foreach (ref var value in values.Floats.Slice((int)slot.Offset, (int)slot.Spec.Length))
            {
                value += (float)(0.3 * random.NextGaussian());
            }
        }

        return values.ToArray();
    }
}
