using System.CommandLine;
using System.Globalization;
using TiMix.Base;
using TiMix.Node.Operations;
using TiMix.Node.Processes;

namespace TiMix.Node.Commands;

/// <summary>The options by which a command says which run that goes on it means.</summary>
internal sealed class LiveRunOptions
{
    private readonly Option<string?> _run = new("--run") { Description = "Which run; default: the only one that goes on." };
    private readonly Option<string?> _url = new("--url")
    {
        Description = $"Its HTTP interface on another machine; the token for changes: {OperationsServer.TokenVariable}.",
    };
    private readonly Option<string> _runs = Shared.RunsDirectory();

    public void AddTo(Command command)
    {
        command.Add(_run);
        command.Add(_url);
        command.Add(_runs);
    }

    /// <exception cref="RunError">There is no such run, or there are several.</exception>
    public Task<OperationsClient> FindAsync(ParseResult parsed) =>
        OperationsClient.FindAsync(parsed.GetValue(_runs)!, parsed.GetValue(_run), parsed.GetValue(_url));
}

/// <summary><c>timix scale</c>, <c>drain</c>, <c>pause</c>, <c>continue</c>, <c>snapshot</c> and <c>stop</c>.</summary>
internal static class SteerCommands
{
    private const string Trainers = "trainers=";

    public static Command Scale(TextWriter output)
    {
        var wish = new Argument<string>("trainers=N") { Description = "How many trainers there are to be." };
        return Steer(output, "scale", """
            Starts or drains trainers of a run that goes on; the weights at the end do not depend on it.

            Example: timix scale trainers=4
                     timix scale trainers=1 --run sample-3
            """, wish, parsed => ("scale", new ScaleRequest(ParseTrainers(parsed.GetValue(wish)!))));
    }

    public static Command Drain(TextWriter output)
    {
        var node = new Argument<string>("NODE") { Description = "Its name, as \"timix status\" shows it." };
        return Steer(output, "drain", """
            Lets a trainer finish its step, hand over its micro-batches and leave.

            Example: timix drain trainer-2
            """, node, parsed => ("drain", new DrainRequest(parsed.GetValue(node)!)));
    }

    public static Command Pause(TextWriter output) => Steer(output, "pause", """
        All trainers hold still after their step; processes and states stay, until "timix continue".

        Example: timix pause
        """, null, _ => ("pause", null));

    public static Command Continue(TextWriter output) => Steer(output, "continue", """
        A run that was paused goes on.

        Example: timix continue
        """, null, _ => ("continue", null));

    public static Command Snapshot(TextWriter output) => Steer(output, "snapshot", """
        Writes a snapshot although none is due.

        Example: timix snapshot --run sample-3
        """, null, _ => ("snapshot", null));

    public static Command Stop(TextWriter output) => Steer(output, "stop", """
        The run finishes its step, writes a snapshot and ends; "timix resume" goes on with it.

        Example: timix stop
        """, null, _ => ("stop", null));

    internal static int ParseTrainers(string text) =>
        text.StartsWith(Trainers, StringComparison.Ordinal)
            && int.TryParse(text.AsSpan(Trainers.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1
            ? number
            : throw new RunError($"\"{text}\" is not {Trainers} and a number from 1 on; for example: timix scale trainers=4.");

    private static Command Steer(
        TextWriter output, string name, string description, Argument<string>? argument, Func<ParseResult, (string What, object? Body)> wish)
    {
        var (command, run) = (new Command(name, description), new LiveRunOptions());
        if (argument is not null)
        {
            command.Add(argument);
        }

        run.AddTo(command);
        command.SetAction(async (parsed, _) =>
        {
            var (what, body) = wish(parsed);
            using var client = await run.FindAsync(parsed).ConfigureAwait(false);
            var answer = await client.AskAsync(what, body).ConfigureAwait(false);
            if (!answer.Done)
            {
                throw new RunError(answer.Text);
            }

            output.WriteLine(answer.Text);
            return ExitCode.Done;
        });
        return command;
    }
}
