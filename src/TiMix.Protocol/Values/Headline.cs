using System.Globalization;

namespace TiMix.Protocol.Values;

/// <summary>The one number that a split's evaluation is known by; the best snapshot is that of the largest one.</summary>
public static class Headline
{
    private static readonly (string Metric, string Name, string Unit)[] Known =
        [("meanRecall", "mean recall", " %"), ("cider", "CIDEr", ""), ("groundingAccuracy", "boxes found", " %"), ("vqaAccuracy", "VQA accuracy", " %")];

    /// <summary>The number; 0 if there is none.</summary>
    public static double ValueOf(SplitEvaluation split) => Of(split) is { } known ? split.Metrics[known.Metric] : 0;

    /// <summary>The number with its name: "mean recall 12.34 %".</summary>
    public static string TextOf(SplitEvaluation split) => Of(split) is { } known
        ? string.Create(CultureInfo.InvariantCulture, $"{known.Name} {split.Metrics[known.Metric]:F2}{known.Unit}")
        : "nothing measured";

    private static (string Metric, string Name, string Unit)? Of(SplitEvaluation split)
    {
        foreach (var known in Known)
        {
            if (split.Metrics.ContainsKey(known.Metric))
            {
                return known;
            }
        }

        return null;
    }
}
