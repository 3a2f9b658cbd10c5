using TiMix.Learning.Model;

namespace TiMix.Learning.Weights;

/// <summary>A flat buffer as a safetensors file with one tensor a parameter, under the parameters' own names.</summary>
public static class ParameterFile
{
    /// <summary>Writes all parameters; the gaps of the layout are left out.</summary>
    /// <param name="path">The file; replaced as a whole or not at all.</param>
    /// <param name="layout">What lies where.</param>
    /// <param name="values">[layout.Length].</param>
    /// <param name="metadata">Free text pairs.</param>
    public static void Write(string path, ParameterLayout layout, ReadOnlyMemory<float> values, IReadOnlyDictionary<string, string>? metadata = null)
        => Safetensors.Write(
            path, [.. layout.Slots.Select(slot => new NamedTensor(slot.Spec.Name, slot.Spec.Shape, values.Slice((int)slot.Offset, (int)slot.Spec.Length)))],
            metadata);

    /// <summary>Reads all parameters; tensors that the layout does not have are passed over.</summary>
    /// <param name="path">The file.</param>
    /// <param name="layout">What lies where.</param>
    /// <param name="values">[layout.Length]; the gaps stay as they are.</param>
    /// <returns>The file's free text pairs.</returns>
    /// <exception cref="InvalidDataException">The file is torn, or a parameter is missing or of another type or shape; one line.</exception>
    public static IReadOnlyDictionary<string, string> Read(string path, ParameterLayout layout, Span<float> values)
    {
        using var file = SafetensorsFile.Open(path);
        foreach (var slot in layout.Slots)
        {
            var (name, shape) = (slot.Spec.Name, slot.Spec.Shape);
            if (file.Tensors.TryGetValue(name, out var info) && !info.Shape.AsSpan().SequenceEqual(shape))
            {
                throw new InvalidDataException(
                    $"{path}: \"{name}\" has the shape [{string.Join(", ", info.Shape)}]; this model expects [{string.Join(", ", shape)}].");
            }

            file.Read(name, values.Slice((int)slot.Offset, (int)slot.Spec.Length));
        }

        return file.Metadata;
    }
}
