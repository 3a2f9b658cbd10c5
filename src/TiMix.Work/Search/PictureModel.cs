using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using TiMix.Base;
using TiMix.Data;
using TiMix.Data.Loading;
using TiMix.Data.Pictures;
using TiMix.Data.Text;
using TiMix.Runs.Observing;
using TiMix.Runs.Recipes;
using TiMix.Runs.Snapshots;
using TiMix.Runs.Sources;
using TiMix.Work.Evaluation;

namespace TiMix.Work.Search;

/// <summary>Where a model is, and where it keeps what it found out.</summary>
/// <param name="NameOrSnapshot">A run, whose newest whole snapshot is taken, or a snapshot's directory; null: the run that wrote a snapshot last.</param>
/// <param name="RunsDirectory">Where runs are kept.</param>
/// <param name="DataDirectory">Where the sample corpus is kept; features of folders are kept beside it, in <c>.features</c>.</param>
public sealed record ModelPlace(string? NameOrSnapshot, string RunsDirectory, string DataDirectory);

/// <summary>A snapshot that is asked about anybody's pictures and words. Of one thread.</summary>
internal sealed class PictureModel : IDisposable
{
    // Rises when pixels or features of the same picture and the same parameters come out differently.
    private const string Preprocessing = "1";
    private const int TextBatch = 64;
    private readonly SnapshotManifest _manifest;
    private readonly EvaluatedModel _model;
    private readonly WordPieceTokenizer _tokenizer;
    private readonly LoaderOptions _options;
    private readonly string _cacheDirectory;

    /// <param name="place">Which snapshot.</param>
    /// <param name="stop">Gives up.</param>
    /// <exception cref="RunError">There is no such run or snapshot, or the vocabulary is not that of the model.</exception>
    public PictureModel(ModelPlace place, CancellationToken stop)
    {
        Name = place.NameOrSnapshot ?? SnapshotFinder.NewestRun(place.RunsDirectory);
        (_manifest, var parameters) = SnapshotFinder.Find(Name, place.RunsDirectory);
        var recipe = RecipeFile.Parse(_manifest.Recipe, Name);
        var data = new RunData(recipe, place.DataDirectory);
        data.Prepare(new SilentObserver(), stop);
        _tokenizer = data.OpenTokenizerOf(_manifest.Model);
        _options = recipe.LoaderOptions(_manifest.Model);
        _cacheDirectory = Path.GetFullPath(Path.Combine(place.DataDirectory, "..", ".features"));
        _model = new EvaluatedModel(_manifest.Model, parameters);
    }

    /// <summary>The run, or the snapshot's directory.</summary>
    public string Name { get; }

    /// <summary>Of the snapshot.</summary>
    public long Step => _manifest.Step;

    /// <summary>d.</summary>
    public int Width => _manifest.Model.EmbedDim;

    /// <summary>τ.</summary>
    public double Temperature => _model.Temperature;

    /// <summary>L: tokens of a text with [CLS] and [SEP]; what is longer is cut.</summary>
    public int ContextLength => _options.ContextLength;

    /// <summary>What the model reads of a text.</summary>
    /// <exception cref="RunError">It has no word.</exception>
    public TextReading ReadingOf(string text)
    {
        var reading = TextReading.Of(text, _tokenizer, ContextLength);
        return CaptionText.HasWord(reading.Text) ? reading : throw new RunError($"\"{text}\" has no word; right would be something like \"a dog on a beach\".");
    }

    /// <summary>Features of texts.</summary>
    /// <returns>[texts, d], L2-normalised.</returns>
    /// <exception cref="RunError">The model makes no numbers of them.</exception>
    public float[] Texts(IReadOnlyList<TextReading> texts)
    {
        var features = new List<float>(texts.Count * Width);
        foreach (var batch in texts.Chunk(TextBatch))
        {
            int[] tokens = [.. batch.SelectMany(text => _tokenizer.Encode(text.Text, ContextLength))];
            features.AddRange(_model.TextFeatures(tokens, batch.Length));
        }

        return Finite([.. features]);
    }

    /// <summary>The feature of one picture.</summary>
    /// <returns>[d], L2-normalised.</returns>
    /// <exception cref="RunError">It cannot be used.</exception>
    public float[] Picture(string file)
    {
        // A batch as large as those of the index: the same picture comes to the same bits.
        var size = 3 * _options.ImageSize * _options.ImageSize;
        var pixels = new byte[FeatureIndex.BatchSize * size];
        try
        {
            PictureReader.Read(file, _options, pixels.AsSpan(0, size));
        }
        catch (SampleException error)
        {
            throw new RunError($"{file} {error.Message}.");
        }

        return Finite(_model.ImageFeatures(pixels, FeatureIndex.BatchSize)[..Width]);
    }

    /// <summary>Features of all pictures in a folder, those that are known from the cache.</summary>
    /// <exception cref="DataException">Not one of them can be used.</exception>
    public FeatureIndex Index(PictureListing listing, Action<string> notice, CancellationToken stop)
    {
        var name = $"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(listing.Folder)))[..16]}-{_manifest.Fingerprint[..16]}.safetensors";
        var key = $"{Preprocessing} {_manifest.Fingerprint} {JsonSerializer.Serialize(_manifest.Model)} {listing.Folder}";
        var cache = new FeatureCache(Path.Combine(_cacheDirectory, name), key, Width);
        return FeatureIndex.Build(listing, (pixels, count) => _model.ImageFeatures(pixels, count), _options, cache, notice, stop);
    }

    /// <inheritdoc/>
    public void Dispose() => _model.Dispose();

    private float[] Finite(float[] features) => features.All(float.IsFinite)
        ? features
        : throw new RunError($"{Name} makes no numbers of the query: its training went astray; right would be another snapshot.");
}
