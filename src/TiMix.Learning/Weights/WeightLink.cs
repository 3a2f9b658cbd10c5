namespace TiMix.Learning.Weights;

/// <summary>How a parameter stands in a file of another program.</summary>
internal enum LinkKind
{
    /// <summary>As it is.</summary>
    Copy,

    /// <summary>In several tensors, which lie one after the other along the first axis.</summary>
    Rows,

    /// <summary>With its two axes exchanged.</summary>
    Transposed,

    /// <summary>Positions of a grid of patches, class token first; the grid may be another one.</summary>
    Grid,

    /// <summary>Positions of a text, of which the first ones are taken.</summary>
    Positions,
}

/// <summary>One parameter and the tensors of a file that hold it.</summary>
/// <param name="Parameter">Its name here.</param>
/// <param name="Kind">How it stands there.</param>
/// <param name="Keys">Names there.</param>
internal sealed record WeightLink(string Parameter, LinkKind Kind, params string[] Keys)
{
    /// <summary>Whether a file may lack it, or have it for another embedding width: it then starts from the seed.</summary>
    public bool Optional { get; init; }

    /// <summary>What the tensor's numbers are multiplied with on the way in; a power of two.</summary>
    public float Scale { get; init; } = 1;
}
