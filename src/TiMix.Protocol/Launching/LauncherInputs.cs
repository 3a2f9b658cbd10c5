using TiMix.Protocol.Faults;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Values;

namespace TiMix.Protocol.Launching;

/// <summary>What a launcher is told, besides the time.</summary>
public static class LauncherInputs
{
    /// <summary>Start the cluster.</summary>
    public sealed record Begin : IInput;

    /// <summary>A node's process has ended.</summary>
    /// <param name="Node">Its name.</param>
    /// <param name="ExitCode">128 and the signal's number if a signal ended it.</param>
    /// <param name="LastLines">What it wrote last.</param>
    public sealed record Exited(string Node, int ExitCode, IReadOnlyList<string> LastLines) : IInput;

    /// <summary>The coordinator has put a trainer out.</summary>
    public sealed record Lost(string Node, LossReason Reason) : IInput;

    /// <summary>A view of these nodes holds.</summary>
    public sealed record Viewed(IReadOnlyList<string> Nodes) : IInput;

    /// <summary>So many steps are applied.</summary>
    public sealed record Stepped(long Step) : IInput;

    /// <summary>Do to the nodes what a fault says.</summary>
    public sealed record Inject(Fault Fault) : IInput;

    /// <summary>The user wants so many trainers; answered by a <see cref="LauncherEffects.Answer"/>.</summary>
    public sealed record Scale(long Request, int Trainers) : IInput;

    /// <summary>The user wants a trainer to leave; answered by a <see cref="LauncherEffects.Answer"/>.</summary>
    public sealed record Drain(long Request, string Node) : IInput;

    /// <summary>The user wants the run to stop: finish the step, take a snapshot.</summary>
    public sealed record Stop : IInput;
}
