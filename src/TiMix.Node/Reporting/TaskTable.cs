using System.Globalization;
using TiMix.Protocol.Values;

namespace TiMix.Node.Reporting;

/// <summary>Metrics of captioning, grounding and question answering as text; only what a split has.</summary>
internal static class TaskTable
{
    /// <summary>Whether the evaluation is of one of these tasks.</summary>
    public static bool Fits(EvaluationReport report) => report.Splits.Count > 0 && report.Splits.All(split => !split.Metrics.ContainsKey("meanRecall"));

    public static void Write(EvaluationReport report, TextWriter output)
    {
        foreach (var split in report.Splits)
        {
            string M(string name, string format = "F2") =>
                split.Metrics.TryGetValue(name, out var value) ? value.ToString(format, CultureInfo.InvariantCulture) : "-";
            if (split.Metrics.ContainsKey("cider"))
            {
                output.WriteLine($"{split.Split,-12} {split.Pairs} pictures, {M("references", "F0")} captions: BLEU-4 {M("bleu4")}, CIDEr {M("cider")} (10 "
                    + $"is perfect); {M("captionExact")} % are one of the picture's own, {M("captionWords", "F1")} words each");
            }
            else if (split.Metrics.ContainsKey("vqaAccuracy"))
            {
                output.WriteLine($"{split.Split,-12} {split.Pairs} questions on {M("pictures", "F0")} pictures: VQA accuracy {M("vqaAccuracy")} % (yes/no "
                    + $"{M("vqaAccuracyYesNo")}, number {M("vqaAccuracyNumber")}, other {M("vqaAccuracyOther")}); always the most frequent answer "
                    + $"{M("vqaAccuracyFirstAnswer")} %");
            }
            else
            {
                output.WriteLine($"{split.Split,-12} {split.Pairs} phrases in {M("pictures", "F0")} pictures: found at IoU 0.5 {M("groundingAccuracy")} %, "
                    + $"mean IoU {M("groundingOverlap")} %; always the mean box {M("groundingAccuracyMeanBox")} %, from the true patches "
                    + $"{M("groundingAccuracyTruePatches")} %");
                output.WriteLine($"{"",-12} saliency points into the box {M("pointingGame", "F1")} % (random {M("pointingGameRandom", "F1")}, centre "
                    + $"{M("pointingGameCentre", "F1")}); energy in the box {M("energyInBox", "F1")} %");
            }

            if (split.Metrics.GetValueOrDefault("skippedSamples") > 0)
            {
                output.WriteLine($"{"",-12} {M("skippedSamples", "F0")} broken samples were left out");
            }
        }
    }
}
