using System.Net.Sockets;
using TiMix.Base;
using TiMix.Learning.Runtime;

namespace TiMix.Node.Processes;

/// <summary>
/// Failures that are neither the program's nor its data's: a disk that is full, rights that are missing, a limit or a memory that is too small.
/// </summary>
internal static class Surroundings
{
    private const int NoPermission = 13, TooManyOfAll = 23, TooManyOpen = 24, NoSpace = 28, ReadOnlyDisk = 30, OverQuota = 122;

    private static readonly string Files = $"At least {OpenFiles.Least} open files are needed: ulimit -n 4096 (LimitNOFILE of a service)";
    private const string Right = "The right to it is needed";

    /// <summary>What it is and what to do, in one line; null: something else has failed.</summary>
    public static string? Explain(Exception? failure)
    {
        for (var error = failure; error is not null; error = error.InnerException)
        {
            var advice = error switch
            {
                UnauthorizedAccessException => Right,
                SocketException { SocketErrorCode: SocketError.TooManyOpenSockets } => Files,
                IOException => error.HResult switch
                {
                    NoSpace or OverQuota => "Make room, and give the command again; a run goes on by \"timix resume\"",
                    TooManyOpen or TooManyOfAll => Files,
                    ReadOnlyDisk or NoPermission => Right,
                    _ => null,
                },
                _ => null,
            };
            if (advice is not null)
            {
                return $"{OneLine.Of(error.Message).TrimEnd('.')}. {advice}.";
            }
        }

        return !MemoryShortage.Is(failure) ? null
            : $"memory has run out: {OneLine.Of(failure!.GetBaseException().Message).TrimEnd('.')}. {MemoryShortage.Advice}.";
    }
}
