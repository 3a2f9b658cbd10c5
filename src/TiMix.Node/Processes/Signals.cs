using System.Runtime.InteropServices;
using TiMix.Protocol.Messages;

namespace TiMix.Node.Processes;

/// <summary>Signals of Linux.</summary>
internal static partial class Signals
{
    /// <summary>Ends a process at once, also one that stands still.</summary>
    public const int Kill = 9;

    /// <summary>Asks it to end.</summary>
    public const int Terminate = 15;

    /// <summary>Lets it go on.</summary>
    public const int Continue = 18;

    /// <summary>Lets it stand still.</summary>
    public const int Stop = 19;

    private const int SetParentDeathSignal = 1;

    /// <summary>Sends a signal; a process that is gone gets none.</summary>
    public static void Send(int process, int signal) => _ = kill(process, signal);

    /// <summary>This process is to be killed by the kernel when the thread that started it ends.</summary>
    public static void DieWithParent() => _ = prctl(SetParentDeathSignal, Kill, 0, 0, 0);

    /// <summary>From now on signals to the launcher's whole group (Ctrl-C, timeout, a shell's kill 0) do not reach this process.</summary>
    public static void LeaveGroup() => _ = setsid();

    [LibraryImport("libc")]
    private static partial int setsid();

    [LibraryImport("libc")]
    private static partial int kill(int process, int signal);

    [LibraryImport("libc")]
    private static partial int prctl(int option, nint a, nint b, nint c, nint d);
}
