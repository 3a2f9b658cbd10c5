using System.Globalization;
using TiMix.Node.Launching;
using TiMix.Runs.Audit;

namespace TiMix.Node.Reporting;

/// <summary>What chaos did to a run, and how it got over it.</summary>
internal static class ChaosReport
{
    public static void Write(IReadOnlyList<FaultRecovery> recoveries, IReadOnlyList<MemorySample> memory, TextWriter output)
    {
        output.WriteLine();
        output.WriteLine("fault       node            step   detected      view   first step   (milliseconds after it)");
        foreach (var recovery in recoveries)
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{recovery.Fault.Kind,-12}{recovery.Fault.Node,-14}{recovery.Fault.Step,6}{Show(recovery.DetectedMs),11}{Show(recovery.ViewMs),10}"
                + $"{Show(recovery.FirstStepMs),13}"));
        }

        output.WriteLine();
        var times = recoveries.Where(recovery => recovery.FirstStepMs is not null).Select(recovery => recovery.FirstStepMs!.Value).Order().ToList();
        output.WriteLine(times.Count == 0
            ? $"{recoveries.Count} faults, none of which changed the view"
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{recoveries.Count} faults; from fault to first step of the next view: median {times[times.Count / 2]} ms, worst {times[^1]} ms"));
        output.WriteLine();
        output.WriteLine($"memory, MB      {string.Concat(ChaosRun.Moments.Select(moment => $"{moment,10}"))}");
        foreach (var process in memory.GroupBy(sample => sample.Process))
        {
            var columns = ChaosRun.Moments.Select(moment => $"{Show(process.FirstOrDefault(sample => sample.Moment == moment)?.Megabytes),10}");
            output.WriteLine($"{process.Key,-16}{string.Concat(columns)}");
        }

        output.WriteLine();
    }

    private static string Show(double? value) => value is { } known ? known.ToString("F0", CultureInfo.InvariantCulture) : "–";
}
