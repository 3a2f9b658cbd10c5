using System.CommandLine;
using TiMix.Base;
using TiMix.Node.Processes;
using TiMix.Runs.Records;

namespace TiMix.Node.Commands;

/// <summary><c>timix logs</c>.</summary>
internal static class LogsCommand
{
    private const string OfTheRun = "run";
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    public static Command Logs(TextWriter output)
    {
        var name = new Argument<string>("NAME") { Description = "The run." };
        var node = new Option<string?>("--node") { Description = "Only this node; \"run\" is the log of the run itself. Default: all." };
        var lines = new Option<int>("--lines") { Description = "How many of the last lines of each.", DefaultValueFactory = _ => 20 };
        var follow = new Option<bool>("--follow") { Description = "And what is written from now on, until Ctrl-C." };
        var runs = Shared.RunsDirectory();
        var command = new Command("logs", """
            Shows what the run and its nodes have written.

            Example: timix logs sample-3
                     timix logs sample-3 --node trainer-2 --follow
            """)
        { name, node, lines, follow, runs };
        command.SetAction(async (parsed, stop) =>
        {
            var directory = RunDirectory.Look(parsed.GetValue(runs)!, parsed.GetValue(name)!);
            var files = Files(directory);
            if (parsed.GetValue(node) is { } wanted)
            {
                files = files.TryGetValue(wanted, out var only)
                    ? new SortedDictionary<string, string> { [wanted] = only }
                    : throw new RunError($"there is no log of \"{wanted}\"; there are {string.Join(", ", files.Keys)}.");
            }

            var ends = new Dictionary<string, long>();
            foreach (var (of, file) in files)
            {
                output.WriteLine($"== {of}: {file}");
                ends[of] = Tail(file, parsed.GetValue(lines), output);
            }

            output.Flush();
            while (parsed.GetValue(follow) && !stop.IsCancellationRequested)
            {
                foreach (var (of, file) in files)
                {
                    ends[of] = More(file, ends[of], files.Count > 1 ? $"{of}: " : "", output);
                }

                output.Flush();
                await Task.WhenAny(Task.Delay(Interval, stop)).ConfigureAwait(false);
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static SortedDictionary<string, string> Files(RunDirectory directory)
    {
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (File.Exists(directory.Log))
        {
            files.Add(OfTheRun, directory.Log);
        }

        var nodes = Path.Combine(directory.Path, "nodes");
        foreach (var file in Directory.Exists(nodes) ? Directory.GetFiles(nodes) : [])
        {
            if (new FileInfo(file).Length > 0)
            {
                files[Path.GetFileName(file) is var full && full.EndsWith(
                    ".akka.txt", StringComparison.Ordinal) ? full[..^".akka.txt".Length] + ".akka" : Path.GetFileNameWithoutExtension(full)] = file;
            }
        }

        return files;
    }

    private static FileStream Open(string file) => new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);

    /// <summary>Writes the last lines and returns where the file ended.</summary>
    private static long Tail(string file, int lines, TextWriter output)
    {
        using var stream = Open(file);
        using var reader = new StreamReader(stream);
        var last = new Queue<string>();
        while (reader.ReadLine() is { } line)
        {
            last.Enqueue(line);
            if (last.Count > lines)
            {
                last.Dequeue();
            }
        }

        foreach (var line in last)
        {
            output.WriteLine(line);
        }

        return stream.Position;
    }

    /// <summary>Writes whole lines past a position and returns where they end; a file that was begun anew is read from its beginning.</summary>
    private static long More(string file, long from, string before, TextWriter output)
    {
        if (!File.Exists(file))
        {
            return from;
        }

        using var stream = Open(file);
        from = stream.Length < from ? 0 : from;
        stream.Position = from;
        var bytes = new byte[Math.Min(stream.Length - from, 1 << 20)];
        stream.ReadExactly(bytes);
        var end = Array.LastIndexOf(bytes, (byte)'\n') + 1;
        foreach (var line in System.Text.Encoding.UTF8.GetString(bytes, 0, end).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            output.WriteLine(before + line);
        }

        return from + end;
    }
}
