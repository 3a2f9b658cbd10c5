using TiMix.Protocol.Faults;
using TiMix.Protocol.Values;
using TiMix.Runs.Records;

namespace TiMix.Node.Launching;

/// <summary>Something that the launcher is to do.</summary>
internal abstract record LauncherAction
{
    /// <summary>Start a node's process.</summary>
    public sealed record Start(NodePlan Node) : LauncherAction;

    /// <summary>End it at once.</summary>
    public sealed record Kill(string Node) : LauncherAction;

    /// <summary>Ask it to leave after the current step.</summary>
    public sealed record AskToLeave(string Node) : LauncherAction;

    /// <summary>Let it stand still.</summary>
    public sealed record Halt(string Node) : LauncherAction;

    /// <summary>Let it go on.</summary>
    public sealed record GoOn(string Node) : LauncherAction;

    /// <summary>Say a line to it.</summary>
    public sealed record Say(string Node, string Line) : LauncherAction;

    /// <summary>Tell the coordinator that its process has died.</summary>
    public sealed record TellLost(string Node) : LauncherAction;

    /// <summary>Write an injected fault down.</summary>
    public sealed record WriteDown(InjectedFault Fault) : LauncherAction;

    /// <summary>Let the user know.</summary>
    public sealed record Note(NoticeLevel Level, string Text) : LauncherAction;

    /// <summary>End the run: it cannot be kept alive.</summary>
    public sealed record GiveUp(string Reason) : LauncherAction;
}
