namespace TiMix.Learning.Weights;

/// <summary>A safetensors file of another program, with the spellings of old versions evened out.</summary>
internal sealed class WeightFile : IDisposable
{
    private const string Parallel = "module.";
    private readonly SafetensorsFile _file;
    private readonly Dictionary<string, TensorInfo> _tensors = new(StringComparer.Ordinal);

    private WeightFile(string path, SafetensorsFile file)
    {
        (Path, _file) = (path, file);
        var parallel = file.Tensors.Count > 0 && file.Tensors.Keys.All(name => name.StartsWith(Parallel, StringComparison.Ordinal));
        foreach (var (name, info) in file.Tensors)
        {
            // BERT's first files, converted from TensorFlow, call a LayerNorm's weight gamma and its bias beta.
            var key = parallel ? name[Parallel.Length..] : name;
            key = key.EndsWith("LayerNorm.gamma", StringComparison.Ordinal) ? key[..^"gamma".Length] + "weight"
                : key.EndsWith("LayerNorm.beta", StringComparison.Ordinal) ? key[..^"beta".Length] + "bias" : key;
            if (!_tensors.TryAdd(key, info))
            {
                throw new InvalidDataException($"{path}: \"{name}\" is there in an old and in a new spelling.");
            }
        }

        Keys = _tensors.Keys.ToHashSet(StringComparer.Ordinal);
    }

    public string Path { get; }

    /// <summary>Evened out.</summary>
    public IReadOnlySet<string> Keys { get; }

    /// <summary>Whether this program wrote it.</summary>
    public bool Own => _file.Metadata.ContainsKey("step");

    /// <exception cref="InvalidDataException">It cannot be read; one line.</exception>
    public static WeightFile Open(string path)
    {
        SafetensorsFile file;
        try
        {
            file = SafetensorsFile.Open(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"{path}: the weights cannot be read: {error.Message}", error);
        }

        try
        {
            return new WeightFile(path, file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Null: there is no such tensor.</summary>
    public long[]? ShapeOf(string key) => _tensors.GetValueOrDefault(key)?.Shape;

    public string TypeOf(string key) => _tensors[key].Type;

    public bool IsFloating(string key) => TypeOf(key) is "F32" or "F16" or "BF16" or "F64";

    /// <summary>As the file spells it.</summary>
    public string NameOf(string key) => _tensors[key].Name;

    public float[] Read(string key) => _file.ReadConverted(NameOf(key));

    public void Dispose() => _file.Dispose();
}
