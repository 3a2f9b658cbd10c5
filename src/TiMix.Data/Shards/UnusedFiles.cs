using TiMix.Data.Images;

namespace TiMix.Data.Shards;

/// <summary>Counts the files of a shard that are whole and yet belong to no sample, by the reason.</summary>
/// <param name="shard">Name of the shard.</param>
internal sealed class UnusedFiles(string shard)
{
    private readonly SortedDictionary<string, (string First, string Why, int Count)> _byReason = new(StringComparer.Ordinal);

    /// <summary>A file whose extension, from the first dot of its name on, is not that of a part of a sample.</summary>
    /// <param name="name">As in the tar.</param>
    /// <param name="extension">In lower case.</param>
    public void AddUnknown(string name, string extension)
    {
        var last = extension[(extension.LastIndexOf('.') + 1)..];
        var dotted = last.Length < extension.Length && IsKnown(last);
        Add(dotted ? "." + last : extension, name, (extension.Length == 0 ? "it has no extension" : $"extension {TarName.Shown(extension)} is not known")
            + (dotted ? "; no dots in keys" : ""));
    }

    /// <summary>A link, a device or whatever else has a name and no bytes of its own.</summary>
    public void AddSpecial(string name, string kind) => Add(kind, name, $"it is a {kind}, which is not read");

    /// <summary>A line for each reason.</summary>
    public IEnumerable<DataProblem> Problems() => _byReason.Values.Select(found => new DataProblem(
        $"{shard}: {TarName.Shown(found.First)}", found.Why + (found.Count == 1 ? "" : $" (so are {found.Count} files)"))
    { Unused = found.Count });

    /// <summary>Whether files with that extension are parts of samples.</summary>
    public static bool IsKnown(string extension) => extension is "txt" or "json" || PictureKinds.Extensions.Contains(extension);

    private void Add(string reason, string name, string why) =>
        _byReason[reason] = _byReason.TryGetValue(reason, out var found) ? found with { Count = found.Count + 1 } : (name, why, 1);
}
