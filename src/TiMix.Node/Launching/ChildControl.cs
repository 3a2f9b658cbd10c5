using System.Globalization;
using TiMix.Actors.Nodes;

namespace TiMix.Node.Launching;

/// <summary>
/// The other end of <see cref="ChildProcess"/>: ends this process at once when its launcher is gone, and hands the launcher's
/// faults to the node.
/// </summary>
internal sealed class ChildControl(TextWriter output) : INodeControl
{
    private readonly Lock _lock = new();
    private Action<NodeFault>? _inject;

    /// <summary>From now on this process lives only as long as its launcher.</summary>
    public void Begin()
    {
        Signals.LeaveGroup();
        Signals.DieWithParent();
        new Thread(Listen) { IsBackground = true, Name = "listens to the launcher" }.Start();
    }

    /// <inheritdoc/>
    public void Ready(string address)
    {
        output.WriteLine($"ready at {address}");
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

    /// <summary>The fault that a line of the launcher says; null: none that is known.</summary>
    internal static NodeFault? Parse(string line)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words switch
        {
            ["flip"] => new NodeFault("flip", TimeSpan.Zero),
            ["partition", var seconds] when double.TryParse(seconds, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value > 0 => new NodeFault("partition", TimeSpan.FromSeconds(value)),
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
