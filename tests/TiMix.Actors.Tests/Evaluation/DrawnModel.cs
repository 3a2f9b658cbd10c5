using TiMix.Base;
using TiMix.Learning.Model;
using static TorchSharp.torch;

namespace TiMix.Actors.Tests.Evaluation;

internal static class DrawnModel
{
    /// <summary>Parameters far from their start, so that scores and what is likely differ by more than the last bits.</summary>
    public static float[] Of(ModelConfig config)
    {
        using var values = new ParameterBuffer(DualEncoder.LayoutOf(config), CPU);
        values.InitializeFrom(3);
        var random = new SeededRandom(4);
        foreach (var slot in values.Layout.Slots)
        {
            foreach (ref var value in values.Floats.Slice((int)slot.Offset, (int)slot.Spec.Length))
            {
                value += (float)(0.3 * random.NextGaussian());
            }
        }

        return values.ToArray();
    }
}
