using Spectre.Console;
using TiMix.Runs.Observing;

namespace TiMix.Node.Reporting;

/// <summary>Shows a run while it goes on: as a table where somebody looks, as lines elsewhere.</summary>
internal static class RunScreen
{
    /// <summary>Runs it in front of the user.</summary>
    /// <param name="options">The run.</param>
    /// <param name="output">Where to.</param>
    /// <param name="quiet">Show nothing.</param>
    /// <param name="run">Starts it.</param>
    public static async Task<(RunResult Result, RunProgress Progress)> ShowAsync(
        RunOptions options, TextWriter output, bool quiet, Func<IRunObserver, Task<RunResult>> run)
    {
        if (!quiet && ReferenceEquals(output, Console.Out) && !Console.IsOutputRedirected && AnsiConsole.Profile.Capabilities.Interactive)
        {
            var live = new LiveReporter(options);
            return (await live.WatchAsync(AnsiConsole.Console, () => run(live)).ConfigureAwait(false), live.Progress);
        }

        var plain = new PlainReporter(options, output, quiet);
        return (await run(plain).ConfigureAwait(false), plain.Progress);
    }
}
