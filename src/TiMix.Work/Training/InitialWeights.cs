using System.Security.Cryptography;
using TiMix.Base;
using TiMix.Learning.Model;
using TiMix.Learning.Weights;
using TiMix.Runs.Recipes;
using TiMix.Runs.Records;
using TiMix.Runs.Snapshots;

namespace TiMix.Work.Training;

/// <summary>What a run starts from.</summary>
/// <param name="Path">The file.</param>
/// <param name="Taken">Parameters that it gives.</param>
/// <param name="Seeded">Parameters of the model that it lacks: they start from the seed.</param>
/// <param name="Unused">Its parameters that the model does not have: of heads that the recipe switches off.</param>
public sealed record StartingPoint(string Path, IReadOnlyList<string> Taken, IReadOnlyList<string> Seeded, IReadOnlyList<string> Unused);

/// <summary>
/// Parameters that a run starts from instead of its seed: <c>model.init</c>, a safetensors file in this program's names, such as
/// <c>timix import</c> writes or a snapshot has; a run or a snapshot may be named by its directory. Parameters that it lacks
/// start from the seed, so does the end of a text's positions where the file's context is shorter. Heads that a snapshot has and
/// the recipe does not are passed over: that is what fine-tuning is.
/// </summary>
public static class InitialWeights
{
    private const string Positions = "positional_embedding";
    private static readonly string[] OptionalParts = ["fusion", "decoder", "matching_head", "mlm_head"];

    /// <summary>The recipe with the file itself in it, if it names a directory, and the file's SHA-256, if it names no hash.</summary>
    /// <exception cref="RunError">The file cannot be read, or there is none in the directory.</exception>
    public static Recipe Pin(Recipe recipe)
    {
        if (recipe.Model.Init.Length == 0)
        {
            return recipe;
        }

        var path = FileOf(recipe.Model.Init);
        var hash = recipe.Model.InitSha256.Length > 0 ? recipe.Model.InitSha256 : HashOf(path);
        return recipe with { Model = recipe.Model with { Init = path, InitSha256 = hash } };
    }

    /// <summary>Puts the file's parameters in place of those of the seed; does nothing if the recipe names no file.</summary>
    /// <param name="recipe">The run.</param>
    /// <param name="layout">Of <paramref name="values"/>.</param>
    /// <param name="values">[layout.Length].</param>
    /// <returns>What was taken; null if the recipe names no file.</returns>
    /// <exception cref="RunError">The file cannot be read, is not the one that was pinned, or does not fit the model; one line.</exception>
    public static StartingPoint? Read(Recipe recipe, ParameterLayout layout, Span<float> values)
    {
        var (path, pinned) = (recipe.Model.Init, recipe.Model.InitSha256);
        if (path.Length == 0)
        {
            return null;
        }

        if (HashOf(path) is var hash && hash != pinned)
        {
            throw new RunError(pinned.Length == 0
                ? $"recipe: \"model.initSha256\" is empty; that of {path} is {hash}."
                : $"{path} is not the file this run starts from: its SHA-256 is {hash}, \"model.initSha256\" says {pinned}.");
        }

        try
        {
            return Fill(path, layout, values);
        }
        catch (Exception error) when (error is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw new RunError($"recipe: \"model.init\": {error.Message}");
        }
    }

    /// <summary>SHA-256 of a file in lower-case hexadecimal digits.</summary>
    /// <exception cref="RunError">It cannot be read.</exception>
    public static string HashOf(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            return Convert.ToHexStringLower(SHA256.HashData(file));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new RunError($"recipe: \"model.init\": {path} cannot be read: {error.Message}");
        }
    }

    private static string FileOf(string init)
    {
        if (!Directory.Exists(init))
        {
            return init;
        }

        var snapshots = SnapshotStore.IsSnapshot(init) ? [init] : SnapshotStore.In(RunDirectory.At(init).Snapshots);
        return snapshots.Length > 0
            ? SnapshotStore.ModelOf(snapshots[^1])
            : throw new RunError(
                $"recipe: \"model.init\": {init} is neither a run with a snapshot nor a snapshot; right would be one of them, or a safetensors file.");
    }

    private static StartingPoint Fill(string path, ParameterLayout layout, Span<float> values)
    {
        using var file = SafetensorsFile.Open(path);
        var ownSnapshot = file.Metadata.ContainsKey("step");
        var slots = layout.Slots.ToDictionary(slot => slot.Spec.Name, StringComparer.Ordinal);
        var (taken, unused) = (new HashSet<string>(StringComparer.Ordinal), new List<string>());
        foreach (var (name, info) in file.Tensors)
        {
            if (!slots.TryGetValue(name, out var slot))
            {
                if (ownSnapshot && OptionalParts.Contains(name.Split('.')[0]))
                {
                    unused.Add(name);
                    continue;
                }

                throw new InvalidDataException($"{path}: \"{name}\" is no parameter of this model; weights of another program go through \"timix import\".");
            }

            var target = values.Slice((int)slot.Offset, (int)slot.Spec.Length);
            if (info.Shape.AsSpan().SequenceEqual(slot.Spec.Shape))
            {
                file.Read(name, target);
            }
            else if (name is $"text.{Positions}" or $"decoder.{Positions}" && info.Shape.Length == 2 && info.Shape[1] == slot.Spec.Shape[1])
            {
                var there = file.Read(name).AsSpan();
                there[..Math.Min(there.Length, target.Length)].CopyTo(target);
            }
            else
            {
                throw new InvalidDataException(
                    $"{path}: \"{name}\" has the shape [{string.Join(", ", info.Shape)}]; this model expects [{string.Join(", ", slot.Spec.Shape)}].");
            }

            taken.Add(name);
        }

        string[] all = [.. layout.Slots.Select(slot => slot.Spec.Name)];
        return new StartingPoint(
            path, [.. all.Where(taken.Contains)], [.. all.Where(name => !taken.Contains(name))], [.. unused.Order(StringComparer.Ordinal)]);
    }
}
