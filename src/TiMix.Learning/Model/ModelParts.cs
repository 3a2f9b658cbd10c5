namespace TiMix.Learning.Model;

/// <summary>Parts of a model that are there only where something needs them.</summary>
[Flags]
public enum ModelParts
{
    /// <summary>Image encoder, text encoder and patch–text predictor, which are always there.</summary>
    None = 0,

    /// <summary>What reads image and text together.</summary>
    Fusion = 1,

    /// <summary>The judge of pairs; with the fusion encoder.</summary>
    Matching = 2 | Fusion,

    /// <summary>The head that fills in words; with the fusion encoder.</summary>
    Masked = 4 | Fusion,

    /// <summary>The decoder, which writes; with the fusion encoder.</summary>
    Decoder = 8 | Fusion,
}
