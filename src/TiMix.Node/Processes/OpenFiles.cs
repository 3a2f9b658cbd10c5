namespace TiMix.Node.Processes;

/// <summary>
/// The process's limit of open files. The runtime holds every library open that it has loaded; where the limit ends that, whatever
/// is at work at the moment fails, with a message about something else.
/// </summary>
public static class OpenFiles
{
    /// <summary>What a process of a run may need: some 260 with one node of all roles, more with the dashboard and with trainers of other processes.</summary>
    public const int Least = 512;

    private const string Limits = "/proc/self/limits", Line = "Max open files";
    private static readonly string[] Commands = ["train", "resume", "node", "chaos", "experiment"];

    /// <summary>What is to be said before anything is begun; null: the limit suffices, or nobody knows it.</summary>
    /// <param name="args">Of the program.</param>
    public static string? Lacking(string[] args) =>
        args.Length > 0 && Commands.Contains(args[0]) && File.Exists(Limits) ? Lacking(args[0], File.ReadAllText(Limits)) : null;

    /// <summary>The same for a command and what <c>/proc/self/limits</c> says.</summary>
    public static string? Lacking(string command, string limits)
    {
        var at = limits.IndexOf(Line, StringComparison.Ordinal);
        if (at < 0)
        {
            return null;
        }

        // The runtime raises the first number, which counts, to the second, the most that is allowed.
        var numbers = limits[(at + Line.Length)..].Split('\n')[0].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return numbers.Length > 1 && long.TryParse(numbers[1], out var most) && most < Least
            ? $"timix {command}: at least {Least} open files are needed, {most} are allowed here; right would be ulimit -n 4096 (LimitNOFILE of a service)."
            : null;
    }
}
