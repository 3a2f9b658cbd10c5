using System.Security.Cryptography;
using System.Text;
using TiMix.Actors.Evaluation;
using TiMix.Actors.Recipes;
using TiMix.Actors.Runs;
using TiMix.Actors.Snapshots;
using TiMix.Data;

namespace TiMix.Actors.Search;

/// <summary>Where a model is, and where it keeps what it found out.</summary>
/// <param name="NameOrSnapshot">A run, whose newest whole snapshot is taken, or a snapshot's directory.</param>
/// <param name="RunsDirectory">Where runs are kept.</param>
/// <param name="DataDirectory">Where the sample corpus is kept; features of folders are kept beside it, in <c>.features</c>.</param>
public sealed record ModelPlace(string NameOrSnapshot, string RunsDirectory, string DataDirectory);

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
        (_manifest, var parameters) = SnapshotEvaluation.Find(place.NameOrSnapshot, place.RunsDirectory);
        var recipe = RecipeFile.Parse(_manifest.Recipe, place.NameOrSnapshot);
        var data = new RunData(recipe, place.DataDirectory);
        data.Prepare(new SilentObserver(), stop);
        _tokenizer = data.OpenTokenizer();
        if (_tokenizer.VocabularySize != _manifest.Model.VocabularySize)
        {
            throw new RunError($"the vocabulary {recipe.Data.Vocabulary} has {_tokenizer.VocabularySize} pieces, the snapshot's model {_manifest.Model.VocabularySize}; it must be the one that the run had.");
        }

        _options = recipe.LoaderOptions(_manifest.Model);
        _cacheDirectory = Path.Combine(place.DataDirectory, "..", ".features");
        _model = new EvaluatedModel(_manifest.Model, parameters);
    }

    /// <summary>Of the snapshot.</summary>
    public long Step => _manifest.Step;

    /// <summary>d.</summary>
    public int Width => _manifest.Model.EmbedDim;

    /// <summary>τ.</summary>
    public double Temperature => _model.Temperature;

    /// <summary>Features of texts, cleaned as captions are.</summary>
    /// <returns>[texts, d], L2-normalised.</returns>
    /// <exception cref="RunError">One has no word.</exception>
    public float[] Texts(IReadOnlyList<string> texts)
    {
        var features = new List<float>(texts.Count * Width);
        foreach (var batch in texts.Chunk(TextBatch))
        {
            int[] tokens = [.. batch.SelectMany(text => _tokenizer.Encode(Clean(text), _options.ContextLength))];
            features.AddRange(_model.TextFeatures(tokens, batch.Length));
        }

        return [.. features];
    }

    /// <summary>Words of texts that the vocabulary has no pieces for; the model knows only that there is a word.</summary>
    public IReadOnlyList<string> UnknownWords(IEnumerable<string> texts) =>
        [.. texts.SelectMany(text => Clean(text).Split(' ')).Distinct(StringComparer.Ordinal)
            .Where(word => _tokenizer.Encode(word, _options.ContextLength).Contains(_tokenizer.UnknownId))];

    /// <summary>The feature of one picture.</summary>
    /// <returns>[d], L2-normalised.</returns>
    /// <exception cref="RunError">It cannot be used.</exception>
    public float[] Picture(string file)
    {
        var pixels = new byte[3 * _options.ImageSize * _options.ImageSize];
        try
        {
            PictureReader.Read(file, _options, pixels);
        }
        catch (SampleException error)
        {
            throw new RunError($"{file} {error.Message}.");
        }

        return _model.ImageFeatures(pixels, 1);
    }

    /// <summary>Features of all pictures in a folder, those that are known from the cache.</summary>
    /// <exception cref="DataException">The folder cannot be used.</exception>
    public FeatureIndex Index(string folder, Action<string> notice, CancellationToken stop)
    {
        var root = Path.GetFullPath(folder);
        var name = $"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(root)))[..16]}-{_manifest.Fingerprint[..16]}.safetensors";
        var model = _manifest.Model;
        var key = FormattableString.Invariant($"{Preprocessing} {_manifest.Fingerprint} {model.ImageSize}/{model.PatchSize} {root}");
        return FeatureIndex.Build(root, _model, _options, new FeatureCache(Path.Combine(_cacheDirectory, name), key, Width), notice, stop);
    }

    /// <inheritdoc/>
    public void Dispose() => _model.Dispose();

    private static string Clean(string text)
    {
        var cleaned = CaptionText.Clean(text);
        return cleaned.Length > 0 ? cleaned : throw new RunError($"\"{text}\" has no word; right would be something like \"a dog on a beach\".");
    }
}
