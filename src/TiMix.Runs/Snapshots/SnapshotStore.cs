using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using TiMix.Base;
using TiMix.Learning.Model;
using TiMix.Learning.Weights;
using TiMix.Protocol.Values;
using TiMix.Runs.Recipes;

namespace TiMix.Runs.Snapshots;

/// <summary>The small file of a snapshot.</summary>
/// <param name="Step">Steps applied.</param>
/// <param name="Seed">Of the run.</param>
/// <param name="Fingerprint">SHA-256 over the parameters' bytes.</param>
/// <param name="Recipe">Canonical text.</param>
/// <param name="Model">Sizes.</param>
/// <param name="Files">SHA-256 of each other file.</param>
public sealed record SnapshotManifest(long Step, ulong Seed, string Fingerprint, string Recipe, ModelConfig Model, IReadOnlyDictionary<string, string> Files);

/// <summary>
/// Snapshots of a run as directories. One is written beside its final name, every file flushed to the disk, then renamed: under
/// its final name it is whole or not there. What was changed afterwards is found out by hash.
/// </summary>
/// <param name="directory">All snapshots of the run.</param>
public sealed class SnapshotStore(string directory)
{
    private const string Manifest = "snapshot.json";
    private const string ModelFile = "model.safetensors";
    private const string OptimizerFile = "optimizer.safetensors";
    private const string TeacherFile = "teacher.safetensors";
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, WriteIndented = true };

    /// <summary>All snapshots of the run.</summary>
    public string Directory { get; } = directory;

    /// <summary>Name of the snapshot of a step.</summary>
    public static string NameOf(long step) => SnapshotNames.Of(step);

    /// <summary>Full path of a snapshot.</summary>
    public string PathOf(string name) => Path.Combine(Directory, name);

    /// <summary>Writes a snapshot; a whole one of the same step and the same bits is left as it is, any other is replaced.</summary>
    /// <param name="content">What is written.</param>
    /// <param name="layout">Of its buffers.</param>
    /// <param name="model">Sizes.</param>
    /// <param name="recipe">Canonical text.</param>
    /// <param name="seed">Of the run.</param>
    /// <param name="writer">Who writes: two may write the same step at once without disturbing each other.</param>
    /// <returns>Its name and its fingerprint.</returns>
    /// <exception cref="IOException">The disk does not take it; nothing is left behind.</exception>
    public (string Name, string Fingerprint) Write(
        SnapshotContent content, ParameterLayout layout, ModelConfig model, string recipe, ulong seed, string writer = "")
    {
        var name = NameOf(content.Step);
        var unfinished = PathOf($"{name}{(writer.Length == 0 ? "" : ".")}{writer}{WholeFile.Unfinished}");
        try
        {
            if (IsThere(name, ParameterBuffer.Fingerprint(content.Student), recipe) is { } there)
            {
                return (name, there);
            }

            WholeDirectory.DeleteIfThere(unfinished);
            System.IO.Directory.CreateDirectory(unfinished);
            var files = new SortedDictionary<string, string>(StringComparer.Ordinal);
            void Put(string file, IReadOnlyList<NamedTensor> tensors)
            {
                var path = Path.Combine(unfinished, file);
                Safetensors.Write(
                    path, tensors, new Dictionary<string, string> { ["format"] = "pt", ["step"] = content.Step.ToString(CultureInfo.InvariantCulture) });
                files.Add(file, HashOf(path));
            }

            Put(ModelFile, [.. layout.Slots.Select(slot => new NamedTensor(
                slot.Spec.Name, slot.Spec.Shape, content.Student.AsMemory((int)slot.Offset, (int)slot.Spec.Length)))]);
            Put(OptimizerFile, [Flat("exp_avg", content.First), Flat("exp_avg_sq", content.Second)]);
            Put(TeacherFile, [Flat("ema", content.Average), .. content.Versions.Select(
                pair => Flat("version." + pair.Key.ToString(CultureInfo.InvariantCulture), pair.Value))]);
            var fingerprint = ParameterBuffer.Fingerprint(content.Student);
            File.WriteAllBytes(
                Path.Combine(unfinished, Manifest),
                JsonSerializer.SerializeToUtf8Bytes(new SnapshotManifest(content.Step, seed, fingerprint, recipe, model, files), Json));
            if (IsThere(name, fingerprint, recipe) is not null)
            {
                WholeDirectory.TryDelete(unfinished);
                return (name, fingerprint);
            }

            WholeDirectory.Put(unfinished, PathOf(name));
            return (name, fingerprint);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            WholeDirectory.TryDelete(unfinished);
            throw new IOException($"{PathOf(name)}: {error.Message}", error);
        }
    }

    /// <summary>Reads the small file of a snapshot.</summary>
    /// <exception cref="InvalidDataException">It is missing or damaged; one line.</exception>
    public static SnapshotManifest ReadManifest(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<SnapshotManifest>(
                File.ReadAllBytes(Path.Combine(path, Manifest)), Json) ?? throw new JsonException("it is empty");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new InvalidDataException($"{path}: {Manifest} is missing or damaged: {OneLine.Of(error.Message)}", error);
        }
    }

    /// <summary>Reads a snapshot back, every file checked by its hash.</summary>
    /// <exception cref="InvalidDataException">It is damaged; the message names the file.</exception>
    public static SnapshotContent Read(string path, ParameterLayout layout)
    {
        var manifest = Verify(path, [ModelFile, OptimizerFile, TeacherFile]);
        var student = ReadModel(path, layout);
        using var optimizer = SafetensorsFile.Open(Path.Combine(path, OptimizerFile));
        using var teacher = SafetensorsFile.Open(Path.Combine(path, TeacherFile));
        var versions = new SortedDictionary<long, float[]>();
        foreach (var key in teacher.Tensors.Keys.Where(key => key.StartsWith("version.", StringComparison.Ordinal)))
        {
            versions.Add(long.Parse(key["version.".Length..], CultureInfo.InvariantCulture), teacher.Read(key));
        }

        return new SnapshotContent(manifest.Step, student, optimizer.Read("exp_avg"), optimizer.Read("exp_avg_sq"), teacher.Read("ema"), versions);
    }

    /// <summary>Reads the parameters alone, checked by hash.</summary>
    /// <param name="path">The snapshot.</param>
    /// <param name="average">Their running average instead.</param>
    /// <returns>The manifest and the flat parameters.</returns>
    /// <exception cref="InvalidDataException">It is damaged; the message names the file.</exception>
    public static (SnapshotManifest Manifest, float[] Parameters) ReadParameters(string path, bool average = false)
    {
        var manifest = Verify(path, [average ? TeacherFile : ModelFile]);
        if (!average)
        {
            return (manifest, ReadModel(path, DualEncoder.LayoutOf(manifest.Model)));
        }

        using var teacher = SafetensorsFile.Open(Path.Combine(path, TeacherFile));
        return (manifest, teacher.Read("ema"));
    }

    /// <summary>Whether a directory is a whole snapshot, as far as its small file tells.</summary>
    internal static bool IsSnapshot(string path) => File.Exists(Path.Combine(path, Manifest)) && !path.EndsWith(WholeFile.Unfinished, StringComparison.Ordinal);

    /// <summary>The whole snapshots below a run's snapshots, oldest first, whatever a journal says; empty if there is no such directory.</summary>
    internal static string[] In(string snapshots) =>
        System.IO.Directory.Exists(snapshots) ? [.. System.IO.Directory.GetDirectories(snapshots).Where(IsSnapshot).Order(StringComparer.Ordinal)] : [];

    /// <summary>The file with a snapshot's parameters.</summary>
    internal static string ModelOf(string path) => Path.Combine(path, ModelFile);

    /// <summary>When a snapshot was written, UTC.</summary>
    internal static DateTime WrittenAt(string path) => File.GetLastWriteTimeUtc(Path.Combine(path, Manifest));

    /// <summary>
    /// The snapshots of a recipe that are there, oldest first, whatever a journal says. Their files are not checked: whoever restores one does that.
    /// </summary>
    /// <param name="recipe">Canonical text.</param>
    public IReadOnlyList<(string Name, SnapshotManifest Manifest)> Find(string recipe)
    {
        var found = new List<(string Name, SnapshotManifest Manifest)>();
        foreach (var path in In(Directory))
        {
            try
            {
                if (ReadManifest(path) is var manifest && manifest.Recipe == recipe && NameOf(manifest.Step) == Path.GetFileName(path))
                {
                    found.Add((Path.GetFileName(path), manifest));
                }
            }
            catch (InvalidDataException)
            {
                // As good as not there.
            }
        }

        return found;
    }

    /// <summary>Fingerprint of a snapshot's parameters, as its small file has it; null: it is not there.</summary>
    public string? FingerprintOf(string name)
    {
        try
        {
            return ReadManifest(PathOf(name)).Fingerprint;
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    /// <summary>
    /// Deletes snapshots by name; one that does not go stays until the next <see cref="Prune"/>. What is not called as a snapshot is, and what is no
    /// directory in this one but a link to another place or a file, is left alone.
    /// </summary>
    /// <param name="names">Of snapshots.</param>
    /// <returns>Those that were left alone.</returns>
    public IReadOnlyList<string> Delete(IEnumerable<string> names)
    {
        var left = new List<string>();
        foreach (var name in names)
        {
            if (SnapshotNames.IsName(name) && (IsOwn(PathOf(name)) || !Path.Exists(PathOf(name))))
            {
                WholeDirectory.TryDelete(PathOf(name));
            }
            else
            {
                left.Add(name);
            }
        }

        return left;
    }

    /// <summary>
    /// Deletes what a crash left unfinished and every snapshot that is not to be kept. Only while nobody writes. What this program did not make, and links,
    /// are left alone.
    /// </summary>
    /// <param name="keep">Names.</param>
    /// <returns>Names of what was left alone.</returns>
    public IReadOnlyList<string> Prune(IReadOnlySet<string> keep)
    {
        if (!System.IO.Directory.Exists(Directory))
        {
            return [];
        }

        var others = System.IO.Directory.GetDirectories(Directory).Where(path => !keep.Contains(Path.GetFileName(path))).Order(StringComparer.Ordinal)
            .ToLookup(IsMade);
        foreach (var path in others[true])
        {
            WholeDirectory.TryDelete(path);
        }

        return [.. others[false].Select(path => Path.GetFileName(path))];
    }

    private static bool IsMade(string path)
    {
        var name = Path.GetFileName(path);
        var step = name.EndsWith(WholeFile.Unfinished, StringComparison.Ordinal) ? name[..name.IndexOf('.', StringComparison.Ordinal)] : name;
        return IsOwn(path) && SnapshotNames.IsName(step);
    }

    private static bool IsOwn(string path) => new DirectoryInfo(path) is { Exists: true, LinkTarget: null };

    private string? IsThere(string name, string fingerprint, string recipe)
    {
        try
        {
            var manifest = Verify(PathOf(name), [ModelFile, OptimizerFile, TeacherFile]);
            return manifest.Fingerprint == fingerprint && manifest.Recipe == recipe ? fingerprint : null;
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    private static SnapshotManifest Verify(string path, IReadOnlyList<string> files)
    {
        var manifest = ReadManifest(path);
        foreach (var file in files)
        {
            var full = Path.Combine(path, file);
            if (!manifest.Files.TryGetValue(file, out var hash) || !File.Exists(full))
            {
                throw new InvalidDataException($"{full} is missing.");
            }

            if (HashOf(full) != hash)
            {
                throw new InvalidDataException($"{full} is damaged: its SHA-256 is not the one that {Manifest} names.");
            }
        }

        return manifest;
    }

    private static float[] ReadModel(string path, ParameterLayout layout)
    {
        using var model = SafetensorsFile.Open(Path.Combine(path, ModelFile));
        var student = new float[layout.Length];
        foreach (var slot in layout.Slots)
        {
            model.Read(slot.Spec.Name, student.AsSpan((int)slot.Offset, (int)slot.Spec.Length));
        }

        return student;
    }

    private static NamedTensor Flat(string name, float[] values) => new(name, [values.Length], values);

    private static string HashOf(string path)
    {
        using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }
}
