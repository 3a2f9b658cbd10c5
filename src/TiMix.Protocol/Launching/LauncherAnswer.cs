namespace TiMix.Protocol.Launching;

/// <summary>What becomes of a wish of the user's.</summary>
public abstract record LauncherAnswer
{
    private LauncherAnswer()
    {
    }

    /// <summary>Whether it is being done.</summary>
    public bool Done => this is not Refusal;

    /// <summary>Why it is not done.</summary>
    public abstract record Refusal : LauncherAnswer
    {
        private protected Refusal()
        {
        }
    }

    /// <summary>The run has not begun yet.</summary>
    public sealed record NotBegun : Refusal;

    /// <summary>The run needs more trainers than are wanted.</summary>
    public sealed record NeedsMore(int Wanted, int Needed) : Refusal;

    /// <summary>There is not work for so many.</summary>
    public sealed record TooMany(int Wanted, int MicroBatches) : Refusal;

    /// <summary>There are as many already.</summary>
    public sealed record AlreadyThere(int Trainers) : LauncherAnswer;

    /// <summary>These start; then there are so many. Processors for <paramref name="Room"/> are there.</summary>
    public sealed record Coming(IReadOnlyList<string> Nodes, int Trainers, int Room = int.MaxValue) : LauncherAnswer;

    /// <summary>These leave; then there are so many.</summary>
    public sealed record Going(IReadOnlyList<string> Nodes, int Trainers) : LauncherAnswer;

    /// <summary>There is no such node.</summary>
    public sealed record UnknownNode(string Node, IReadOnlyList<string> Present) : Refusal;

    /// <summary>Only trainers can leave.</summary>
    public sealed record NoTrainer(NodePlan Node, IReadOnlyList<string> Trainers) : Refusal;

    /// <summary>Without it there would be too few.</summary>
    public sealed record Indispensable(string Node, int Left, int Needed) : Refusal;

    /// <summary>Nobody has decided yet: processes are being started or ended. Said by whoever asked.</summary>
    public sealed record Busy : Refusal;

    /// <summary>It leaves, and so many stay.</summary>
    public sealed record TrainerLeaves(string Node, int Left) : LauncherAnswer;
}
