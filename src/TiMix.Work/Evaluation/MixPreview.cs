using TiMix.Learning.Mixing;
using TiMix.Learning.Model;

namespace TiMix.Work.Evaluation;

/// <summary>Arrays for a sheet of mixes. Pixels are uint8 planar RGB [count, 3, ImageSize, ImageSize].</summary>
public sealed record MixPreview(
    int ImageSize,
    int Grid,
    byte[] Pixels,
    string[] Captions,
    float[] Saliency,
    int[] Partner,
    byte[] Mixed,
    float Lambda,
    int Side,
    int[] Target,
    int[] Source);
