using System.CommandLine;
using System.Text.Json;
using TiMix.Node.Operations;
using TiMix.Node.Processes;
using TiMix.Node.Reporting;

namespace TiMix.Node.Commands;

/// <summary><c>timix status</c>.</summary>
internal static class StatusCommand
{
    private const string ClearScreen = "\x1b[H\x1b[2J";
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly JsonSerializerOptions Indented = new(OperationsJson.Options) { WriteIndented = true };

    public static Command Status(TextWriter output)
    {
        var watch = new Option<bool>("--watch") { Description = "Again every second, until Ctrl-C or the end of the run." };
        var json = new Option<bool>("--json") { Description = "As JSON; with --watch one line each time." };
        var run = new LiveRunOptions();
        var command = new Command("status", """
            Where a run stands: its nodes, what each computes, memory, processor, snapshots.

            Example: timix status
                     timix status --run sample-3 --watch
                     timix status --json | jq .step
            """)
        { watch, json };
        run.AddTo(command);
        command.SetAction(async (parsed, stop) =>
        {
            using var client = await run.FindAsync(parsed).ConfigureAwait(false);
            var (again, asJson) = (parsed.GetValue(watch), parsed.GetValue(json));
            var onScreen = again && !asJson && ReferenceEquals(output, Console.Out) && !Console.IsOutputRedirected;
            while (!stop.IsCancellationRequested && await client.StateAsync(stop).ConfigureAwait(false) is { } state)
            {
                output.Write(onScreen ? ClearScreen : "");
                if (asJson)
                {
                    output.WriteLine(JsonSerializer.Serialize(state, again ? OperationsJson.Options : Indented));
                }
                else
                {
                    StatusText.Write(state, client.Url, output);
                }

                output.Flush();
                if (!again)
                {
                    return ExitCode.Done;
                }

                await Task.WhenAny(Task.Delay(Interval, stop)).ConfigureAwait(false);
            }

            if (again && !stop.IsCancellationRequested && !asJson)
            {
                output.WriteLine("the run is not served any more; \"timix runs\" says how it ended");
            }

            return ExitCode.Done;
        });
        return command;
    }
}
