using TiMix.Protocol.Faults;
using TiMix.Protocol.Values;

namespace TiMix.Protocol.Launching;

/// <summary>Something that a launcher's user should know.</summary>
public abstract record LauncherNotice
{
    private LauncherNotice()
    {
    }

    /// <summary>A node has left, as it was asked to.</summary>
    public sealed record HasLeft(string Node) : LauncherNotice;

    /// <summary>A node died before it could leave.</summary>
    public sealed record DiedLeaving(string Node, int ExitCode) : LauncherNotice;

    /// <summary>
    /// A node has died and starts again in so many milliseconds. <paramref name="LastLine"/>: what it wrote last; null: nothing, or it was killed on
    /// purpose.
    /// </summary>
    public sealed record Died(string Node, int ExitCode, long Pause, string? LastLine) : LauncherNotice;

    /// <summary>A node lives and is heard of no more: its process is ended.</summary>
    public sealed record Hangs(string Node, LossReason Reason) : LauncherNotice;

    /// <summary>A node that stood still on purpose goes on.</summary>
    public sealed record GoesOn(string Node) : LauncherNotice;

    /// <summary>A node has not come back after its fault: its process is ended.</summary>
    public sealed record IsNotBack(string Node) : LauncherNotice;

    /// <summary>A fault is injected.</summary>
    public sealed record Injected(Fault Fault, string Node, long Step) : LauncherNotice;

    /// <summary>No living node is meant by a fault's target.</summary>
    public sealed record HitsNobody(Fault Fault, IReadOnlyList<string> Living) : LauncherNotice;

    /// <summary>The run ends after this step.</summary>
    public sealed record Stopping : LauncherNotice;
}

/// <summary>Why a launcher gives a run up.</summary>
public abstract record LauncherFailure
{
    private LauncherFailure()
    {
    }

    /// <summary>A node says that the user made a mistake.</summary>
    public sealed record CouldNotStart(string Node, IReadOnlyList<string> LastLines) : LauncherFailure;

    /// <summary>A node died after so many restarts, which is the limit.</summary>
    public sealed record DiedTooOften(string Node, int ExitCode, int Restarts, IReadOnlyList<string> LastLines) : LauncherFailure;
}

/// <summary>What becomes of a wish of the user's.</summary>
public abstract record LauncherAnswer
{
    private LauncherAnswer()
    {
    }

    /// <summary>The run has not begun yet.</summary>
    public sealed record NotBegun : LauncherAnswer;

    /// <summary>The run needs more trainers than are wanted.</summary>
    public sealed record NeedsMore(int Wanted, int Needed) : LauncherAnswer;

    /// <summary>There are as many already.</summary>
    public sealed record AlreadyThere(int Trainers) : LauncherAnswer;

    /// <summary>These start; then there are so many.</summary>
    public sealed record Coming(IReadOnlyList<string> Nodes, int Trainers) : LauncherAnswer;

    /// <summary>These leave; then there are so many.</summary>
    public sealed record Going(IReadOnlyList<string> Nodes, int Trainers) : LauncherAnswer;

    /// <summary>There is no such node.</summary>
    public sealed record Unknown(string Node, IReadOnlyList<string> Present) : LauncherAnswer;

    /// <summary>Only trainers can leave.</summary>
    public sealed record NoTrainer(NodePlan Node, IReadOnlyList<string> Trainers) : LauncherAnswer;

    /// <summary>Without it there would be too few.</summary>
    public sealed record Indispensable(string Node, int Left, int Needed) : LauncherAnswer;

    /// <summary>It leaves, and so many stay.</summary>
    public sealed record Leaves(string Node, int Left) : LauncherAnswer;
}
