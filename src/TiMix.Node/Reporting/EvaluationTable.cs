using System.Globalization;
using TiMix.Protocol.Values;

namespace TiMix.Node.Reporting;

/// <summary>Metrics of a snapshot as text.</summary>
internal static class EvaluationTable
{
    public static void Write(EvaluationReport report, TextWriter output)
    {
        output.WriteLine($"After {report.Step} steps:");
        output.WriteLine();
        if (TaskTable.Fits(report))
        {
            TaskTable.Write(report, output);
            return;
        }

        output.WriteLine("split         pairs   image to text           text to image           mean     median");
        output.WriteLine("                      R@1    R@5    R@10      R@1    R@5    R@10      recall   rank");
        foreach (var split in report.Splits)
        {
            output.WriteLine(Recalls(split.Split, split, reranked: false));
            if (split.Metrics.ContainsKey("rerankedMeanRecall"))
            {
                output.WriteLine(Recalls("  re-ranked", split, reranked: true));
            }
        }

        output.WriteLine();
        TheoryTable.Write(report, output);
        foreach (var split in report.Splits)
        {
            double M(string name) => split.Metrics.GetValueOrDefault(name, double.NaN);
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{split.Split}: mutual information at least {M("miLowerBoundNats"):F2} nats ({M("miShareOfLogN"):P0} of ln N); chance is "
                + $"{Chance(split.Pairs):F2} % mean recall"));
            if (split.Metrics.ContainsKey("pointingGame"))
            {
                output.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{split.Split}: saliency points into the box {M("pointingGame"):F1} % (random {M("pointingGameRandom"):F1}, centre "
                    + $"{M("pointingGameCentre"):F1}, largest box {M("pointingGameLargestBox"):F1}); energy in the box {M("energyInBox"):F1} % (random "
                    + $"{M("energyInBoxRandom"):F1})"));
            }

            if (M("skippedSamples") > 0)
            {
                output.WriteLine($"{split.Split}: {M("skippedSamples")} broken samples were left out");
            }
        }
    }

    /// <summary>One line of recalls.</summary>
    /// <param name="name">In front.</param>
    /// <param name="split">Whose.</param>
    /// <param name="reranked">Whether after the matching head has ranked the best candidates anew.</param>
    private static string Recalls(string name, SplitEvaluation split, bool reranked)
    {
        double M(string metric) => split.Metrics.GetValueOrDefault(reranked ? $"reranked{char.ToUpperInvariant(metric[0])}{metric[1..]}" : metric);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{name,-12}{split.Pairs,7}   "
            + $"{M("imageToTextR1"),-7:F2}{M("imageToTextR5"),-7:F2}{M("imageToTextR10"),-10:F2}{M("textToImageR1"),-7:F2}{M("textToImageR5"),-7:F2}"
            + $"{M("textToImageR10"),-10:F2}{M("meanRecall"),-9:F2}{M("medianRank"):F1}");
    }

    /// <summary>Mean of R@1, R@5 and R@10 of a guess, in percent.</summary>
    private static double Chance(int pairs) => 100 * (Math.Min(1, pairs) + Math.Min(5, pairs) + Math.Min(10, pairs)) / (3.0 * pairs);
}
