namespace TiMix.Data.Formats;

/// <summary>
/// Boxes of a second source (COCO instances beside COCO captions, a list of regions beside Karpathy's splits), found by the
/// picture's name: as written, or else by the file's name alone where only one picture has it.
/// </summary>
internal sealed class BoxesByName
{
    private readonly Dictionary<string, List<Region>> _byPath = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<Region>?> _byFile = new(StringComparer.Ordinal);

    public BoxesByName(IPictureFormat format, Action<SourceProblem> problem)
    {
        foreach (var entry in format.Entries(problem))
        {
            var name = PictureFiles.Normalize(entry.Image);
            if (entry.Regions.Count == 0)
            {
                continue;
            }

            if (!_byPath.TryGetValue(name, out var regions))
            {
                _byPath[name] = regions = [];
                var file = name[(name.LastIndexOf('/') + 1)..];
                _byFile[file] = _byFile.ContainsKey(file) ? null : regions;
            }

            regions.AddRange(entry.Regions);
        }
    }

    /// <summary>Pictures that were found here.</summary>
    public int Found { get; private set; }

    /// <summary>Pictures with boxes.</summary>
    public int Count => _byPath.Count;

    public IReadOnlyList<Region> Of(string image)
    {
        var name = PictureFiles.Normalize(image);
        var regions = _byPath.GetValueOrDefault(name) ?? _byFile.GetValueOrDefault(name[(name.LastIndexOf('/') + 1)..]);
        Found += regions is null ? 0 : 1;
        return regions ?? [];
    }
}
