using System.Security.Cryptography;
using TiMix.Actors.Recipes;
using TiMix.Actors.Runs;
using TiMix.Learning;

namespace TiMix.Actors.Training;

/// <summary>
/// Parameters that a run starts from instead of its seed: <c>model.init</c>, a safetensors file in this program's names, such as
/// <c>timix import</c> writes or a snapshot has. Parameters that it lacks start from the seed.
/// </summary>
public static class InitialWeights
{
    /// <summary>The recipe with the file's SHA-256 in it, if it names a file and no hash.</summary>
    /// <exception cref="RunError">The file cannot be read.</exception>
    public static Recipe Pin(Recipe recipe) => recipe.Model.Init.Length == 0 || recipe.Model.InitSha256.Length > 0
        ? recipe
        : recipe with { Model = recipe.Model with { InitSha256 = HashOf(recipe.Model.Init) } };

    /// <summary>Puts the file's parameters in place of those of the seed; does nothing if the recipe names no file.</summary>
    /// <param name="recipe">The run.</param>
    /// <param name="layout">Of <paramref name="values"/>.</param>
    /// <param name="values">[layout.Length].</param>
    /// <returns>Names of the parameters that it gave.</returns>
    /// <exception cref="RunError">The file cannot be read, is not the one that was pinned, or does not fit the model; one line.</exception>
    public static IReadOnlySet<string> Read(Recipe recipe, ParameterLayout layout, Span<float> values)
    {
        var (path, pinned) = (recipe.Model.Init, recipe.Model.InitSha256);
        if (path.Length == 0)
        {
            return new HashSet<string>();
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

    private static HashSet<string> Fill(string path, ParameterLayout layout, Span<float> values)
    {
        using var file = SafetensorsFile.Open(path);
        var slots = layout.Slots.ToDictionary(slot => slot.Spec.Name, StringComparer.Ordinal);
        foreach (var (name, info) in file.Tensors)
        {
            if (!slots.TryGetValue(name, out var slot))
            {
                throw new InvalidDataException($"{path}: \"{name}\" is no parameter of this model; weights of another program go through \"timix import\".");
            }

            if (!info.Shape.AsSpan().SequenceEqual(slot.Spec.Shape))
            {
                throw new InvalidDataException($"{path}: \"{name}\" has the shape [{string.Join(", ", info.Shape)}]; this model expects [{string.Join(", ", slot.Spec.Shape)}].");
            }

            file.Read(name, values.Slice((int)slot.Offset, (int)slot.Spec.Length));
        }

        return file.Tensors.Keys.ToHashSet(StringComparer.Ordinal);
    }
}
