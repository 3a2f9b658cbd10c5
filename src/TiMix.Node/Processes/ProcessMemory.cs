using System.Globalization;

namespace TiMix.Node.Processes;

/// <summary>Memory of processes, as the kernel counts it.</summary>
internal static class ProcessMemory
{
    /// <summary>Resident memory in MB; null: there is no such process.</summary>
    public static double? ResidentMegabytes(int process)
    {
        try
        {
            return Parse(File.ReadLines($"/proc/{process}/status"));
        }
        catch (IOException)
        {
            return null;
        }
    }

    internal static double? Parse(IEnumerable<string> status)
    {
        var words = status.FirstOrDefault(line => line.StartsWith("VmRSS:", StringComparison.Ordinal))?.Split(
            (char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return words is [_, var kilobytes, ..] ? double.Parse(kilobytes, CultureInfo.InvariantCulture) / 1024 : null;
    }
}
