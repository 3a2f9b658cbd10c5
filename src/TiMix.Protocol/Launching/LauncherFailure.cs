namespace TiMix.Protocol.Launching;

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
