using System.Globalization;
using TiMix.Protocol.Values;

namespace TiMix.Node.Reporting;

/// <summary>
/// What the theory says, as a table of 96 columns: lower bounds of the mutual information at several N (nats), training minus
/// held-out; R and the λ-calibration of mixed images; geometry of the features.
/// </summary>
internal static class TheoryTable
{
    private const string None = "-";

    public static void Write(EvaluationReport report, TextWriter output)
    {
        SplitEvaluation[] rows = [.. report.TrainProbe is { } probe ? [probe] : Array.Empty<SplitEvaluation>(), .. report.Splits];
        if (!rows.Any(row => row.Metrics.ContainsKey("alignment")))
        {
            return;
        }

        output.WriteLine("theory        information, at least, nats  overfit   mixing  calibration   align-   uniformity     gap of");
        output.WriteLine("               N=64   256   1000   at most   gap       R     slope  icept.  ment   image   text    modal.");
        foreach (var row in rows)
        {
            string M(string name, string format = "F2") =>
                row.Metrics.TryGetValue(name, out var value) ? value.ToString(format, CultureInfo.InvariantCulture) : None;
            var atMost = row.Pairs < 2 ? None : Math.Log(Math.Min(row.Pairs, 1000)).ToString("F2", CultureInfo.InvariantCulture);
            output.WriteLine(
                $"{row.Split,-13}{M("miLowerBoundNatsAt64"),6}{M("miLowerBoundNatsAt256"),6}{M("miLowerBoundNatsAt1000"),7}{atMost,9}{M("overfitGapNats"),8}"
                + $"{M("mixRegulariser"),9}{M("calibrationSlope"),9}{M("calibrationIntercept"),8}{M("alignment"),7}{M("imageUniformity"),8}"
                    + $"{M("textUniformity"),8}{M("modalityGap"),8}");
        }

        if (report.Splits.Select(split => split.Metrics.GetValueOrDefault("temperature", double.NaN)).FirstOrDefault() is var temperature && temperature > 0)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"temperature {temperature:F4}"));
        }

        output.WriteLine();
    }
}
