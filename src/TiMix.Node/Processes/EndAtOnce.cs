using System.Runtime.InteropServices;

namespace TiMix.Node.Processes;

/// <summary>
/// The end of this process while its threads compute. An ordinary exit runs the destructors of native libraries under their hands,
/// and ends with a crash; what is on the disk is as whole as after a kill, and a run goes on from it.
/// </summary>
internal static partial class EndAtOnce
{
    private static readonly string[] FilesOfTheRuntime = ["dotnet-diagnostic-{0}-*", "clr-debug-pipe-{0}-*"];

    /// <summary>Does not return.</summary>
    /// <param name="exitCode">Of the process.</param>
    public static void With(int exitCode)
    {
        try
        {
            if (!Console.IsOutputRedirected)
            {
                // A table that is shown live hides the cursor.
                using var terminal = Console.OpenStandardOutput();
                terminal.Write("\e[?25h"u8);
            }

        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The terminal is not worth staying for.
        }

        SweepAfter(Environment.ProcessId);
        _exit(exitCode);
    }

    /// <summary>Takes away what the runtime of a process has left in the directory for temporary files.</summary>
    /// <param name="process">It was killed, or is about to end without the runtime's doing.</param>
    public static void SweepAfter(int process)
    {
        try
        {
            foreach (var file in FilesOfTheRuntime.SelectMany(pattern => Directory.GetFiles(Path.GetTempPath(), string.Format(null, pattern, process))))
            {
                File.Delete(file);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // They do no harm.
        }
    }

    [LibraryImport("libc")]
    private static partial void _exit(int status);
}
