using TiMix.Protocol.Launching;

namespace TiMix.Node.Processes;

/// <summary>Exit codes of the program.</summary>
public static class ExitCode
{
    /// <summary>Done, or stopped on request with a snapshot.</summary>
    public const int Done = LauncherCore.Done;

    /// <summary>Failed.</summary>
    public const int Failed = 1;

    /// <summary>The user's mistake; nothing was written.</summary>
    public const int Mistake = LauncherCore.Mistake;

    /// <summary>Interrupted before anything could be saved.</summary>
    public const int Interrupted = 130;
}
