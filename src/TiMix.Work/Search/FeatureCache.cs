using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using TiMix.Data.Pictures;
using TiMix.Learning.Weights;

namespace TiMix.Work.Search;

/// <summary>
/// Features of the pictures of a folder, kept in a safetensors file between searches. A hash over everything in it tells whether
/// it is what was written; it is replaced as a whole, so a reader sees the old or the new one.
/// </summary>
/// <param name="file">Where.</param>
/// <param name="key">All that the features hang on besides the pictures: whoever has another key must not use them.</param>
/// <param name="width">d.</param>
internal sealed class FeatureCache(string file, string key, int width)
{
    private const string Features = "features";

    // The list of files is escaped twice in the header of the file, six bytes for each of its quotes.
    private const long MaxList = Safetensors.MaxHeader / 6;

    /// <summary>The features of each file as it was.</summary>
    /// <returns>Empty if there is no cache of that key; then <c>Damage</c> says what is wrong with the file, if there is one.</returns>
    public (Dictionary<PictureFile, float[]> Known, string? Damage) Read()
    {
        var known = new Dictionary<PictureFile, float[]>();
        if (!File.Exists(file))
        {
            return (known, null);
        }

        try
        {
            using var stored = SafetensorsFile.Open(file);
            if (stored.Metadata.GetValueOrDefault("key") != key)
            {
                return (known, $"{file} is of another model, folder or program.");
            }

            var list = stored.Metadata.GetValueOrDefault("files") ?? "";
            var features = stored.Read(Features);
            if (stored.Metadata.GetValueOrDefault("sha256") != HashOf(list, features))
            {
                return (known, $"{file} is damaged: its SHA-256 is not the one written in it.");
            }

            var files = JsonSerializer.Deserialize<PictureFile[]>(list) ?? [];
            if ((long)files.Length * width != features.Length)
            {
                return (known, $"{file} is damaged: it has {features.Length} numbers for {files.Length} pictures.");
            }

            for (var i = 0; i < files.Length; i++)
            {
                known[files[i]] = features.AsSpan(i * width, width).ToArray();
            }

            return (known, null);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidDataException or JsonException or ArgumentException)
        {
            return ([], $"{file} cannot be used: {error.Message}");
        }
    }

    /// <summary>Puts these in the place of whatever was there.</summary>
    /// <param name="files">As they were when they were read.</param>
    /// <param name="features">[files, d].</param>
    /// <returns>Why it was not kept; null: it was.</returns>
    public string? Write(IReadOnlyList<PictureFile> files, float[] features)
    {
        try
        {
            var list = JsonSerializer.Serialize(files);
            if (list.Length > MaxList)
            {
                return $"{file} is not written: {files.Count} pictures are too many for it, so they will be encoded again next time; right would be to "
                    + $"search smaller folders.";
            }

            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
            Safetensors.Write(
                file,
                [new NamedTensor(Features, [files.Count, width], features)],
                new Dictionary<string, string> { ["key"] = key, ["files"] = list, ["sha256"] = HashOf(list, features) });
            return null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return $"{file} cannot be written, so all pictures will be encoded again next time: {error.Message}";
        }
    }

    private string HashOf(string list, float[] features)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{key}\n{list}\n"));
        hash.AppendData(MemoryMarshal.AsBytes(features.AsSpan()));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
