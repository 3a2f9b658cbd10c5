using System.CommandLine;
using System.Globalization;
using TiMix.Actors.Nodes;
using TiMix.Protocol.Notices;
using TiMix.Runs.Observing;

namespace TiMix.Node.Processes;

/// <summary>
/// The other end of <see cref="ChildProcess"/>: ends this process at once when its launcher is gone, and hands the launcher's
/// faults to the node.
/// </summary>
internal sealed class ChildControl(TextWriter output) : INodeControl
{
    /// <summary>Hidden on the command line: started by another process of this program, which also decides about Ctrl-C.</summary>
    public const string Option = "--child";

    private readonly Lock _lock = new();
    private Action<NodeFault>? _inject;

    /// <summary>From now on this process lives only as long as its launcher.</summary>
    public void Begin()
    {
        Signals.LeaveGroup();
        Signals.DieWithParent();
        new Thread(Listen) { IsBackground = true, Name = "listens to the launcher" }.Start();
    }

    /// <summary>The hidden option for a command that can be a child.</summary>
    public static Option<bool> NewOption() =>
        new(Option) { Description = "Started by another process of this program: ends with its standard input.", Hidden = true };

    /// <summary>Whether another process of this program started this one.</summary>
    public static bool IsChild(ParseResult parsed) => parsed.Tokens.Any(token => token.Value == Option);

    /// <inheritdoc/>
    public void Ready(string address)
    {
        output.WriteLine($"ready at {address}");
        output.Flush();
    }

    /// <inheritdoc/>
    public void Notice(Notice notice)
    {
        output.WriteLine(NoticeText.Of(notice));
        output.Flush();
    }

    /// <inheritdoc/>
    public void OnFault(Action<NodeFault> inject)
    {
        lock (_lock)
        {
            _inject = inject;
        }
    }

    /// <summary>What a launcher says to a node whose links it wants to be cut off.</summary>
    internal static string CutOff(TimeSpan duration) => FormattableString.Invariant($"partition {duration.TotalSeconds:0.###}");

    /// <summary>What a launcher says to a trainer of whose parameters a bit is to be flipped.</summary>
    internal const string FlipBit = "flip";

    /// <summary>The fault that a line of the launcher says; null: none that is known.</summary>
    internal static NodeFault? Parse(string line)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words switch
        {
            [FlipBit] => new NodeFault("flip", TimeSpan.Zero),
            ["nan" or "shape" or "lie" or "stall"] => new NodeFault(words[0], TimeSpan.Zero),
            ["partition", var seconds] when double.TryParse(seconds, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value > 0 =>
                new NodeFault("partition", TimeSpan.FromSeconds(value)),
            _ => null,
        };
    }

    private void Listen()
    {
        using var input = new StreamReader(Console.OpenStandardInput());
        try
        {
            while (input.ReadLine() is { } line)
            {
                lock (_lock)
                {
                    if (Parse(line) is { } fault)
                    {
                        _inject?.Invoke(fault);
                    }
                }
            }
        }
        catch (IOException)
        {
            // As good as the end.
        }

        Signals.Send(Environment.ProcessId, Signals.Kill);
    }
}
