namespace TiMix.Learning.Weights;

/// <summary>
/// VisionTextDualEncoderModel projects BERT's pooler, tanh of a linear layer, where the model here projects the class token. A
/// pooler that scales down by a power of two before tanh, and a projection that scales up by it, give the class token's feature:
/// tanh x = x up to x³/3, which for a class token of 10 is 2e-6 of it.
/// </summary>
internal static class PassingPooler
{
    /// <summary>Both ways without rounding.</summary>
    public const float Scale = 4096;

    private const string Name = "pooler.dense";

    /// <summary>Its two tensors.</summary>
    /// <param name="prefix">Of the text tower.</param>
    /// <param name="width">Ct.</param>
    public static NamedTensor[] Tensors(string prefix, int width)
    {
        var weight = new float[(long)width * width];
        for (var i = 0; i < width; i++)
        {
            weight[(i * width) + i] = 1 / Scale;
        }

        return [new(prefix + Name + ".weight", [width, width], weight), new(prefix + Name + ".bias", [width], new float[width])];
    }

    /// <summary>Whether a file has just these: then its projection is that of the class token.</summary>
    public static bool IsIn(WeightFile file, string prefix, int width) => Tensors(prefix, width).All(tensor =>
        file.ShapeOf(tensor.Name) is { } shape && shape.AsSpan().SequenceEqual(tensor.Shape) && file.IsFloating(tensor.Name)
            && file.Read(tensor.Name).AsSpan().SequenceEqual(tensor.Values.Span));
}
