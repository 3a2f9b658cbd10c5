using TiMix.Learning.Model;

namespace TiMix.Learning.Optimization;

/// <summary>Parameters that lie together and are stepped alike.</summary>
/// <param name="Start">First float; a multiple of 16.</param>
/// <param name="Length">Floats, gaps included; a multiple of 16.</param>
/// <param name="Decay">Whether they are decayed.</param>
/// <param name="Pretrained">Whether they have the second learning rate.</param>
internal sealed record RateRange(long Start, long Length, bool Decay, bool Pretrained)
{
    /// <summary>The whole buffer in as few ranges as there can be.</summary>
    public static RateRange[] Of(ParameterLayout layout, IReadOnlySet<string>? pretrained)
    {
        var ranges = new List<RateRange>();
        for (var i = 0; i < layout.Slots.Count; i++)
        {
            var slot = layout.Slots[i];
            var end = i + 1 < layout.Slots.Count ? layout.Slots[i + 1].Offset : layout.Length;
            var next = new RateRange(slot.Offset, end - slot.Offset, slot.Spec.Decay, pretrained?.Contains(slot.Spec.Name) ?? false);
            if (ranges.Count > 0 && (ranges[^1].Decay, ranges[^1].Pretrained) == (next.Decay, next.Pretrained))
            {
                ranges[^1] = ranges[^1] with { Length = end - ranges[^1].Start };
            }
            else
            {
                ranges.Add(next);
            }
        }

        return [.. ranges];
    }
}
