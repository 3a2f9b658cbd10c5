namespace TiMix.Architecture.Tests;

/// <summary>What a core must not touch: whatever makes one call differ from the same call later, elsewhere or beside another.</summary>
public static class Purity
{
    private static readonly string[] _namespaces =
    [
        "Akka", "TorchSharp", "SkiaSharp", "Npgsql", "Microsoft", "System.Net", "System.IO", "System.Threading", "System.Data", "System.Diagnostics",
        "System.Security.Cryptography",
    ];

    private static readonly string[] _types = ["Console", "Environment", "Random", "TimeProvider", "GC", "AppContext", "AppDomain", "Activator"];

    // What is only computed, though it lies beside what is not; and what the compiler puts there of its own accord.
    private static readonly string[] _pure =
    [
        "System.IO.Hashing", "System.Diagnostics.CodeAnalysis", "System.Diagnostics.DebuggableAttribute", "System.Diagnostics.DebuggerBrowsableAttribute",
        "System.Diagnostics.UnreachableException", "System.IO.InvalidDataException", "Microsoft.CodeAnalysis",
    ];

    private static readonly string[] _clocks = ["get_Now", "get_UtcNow", "get_Today", "NewGuid", "CreateVersion7"];

    /// <summary>Whether a core that has this use is none.</summary>
    public static bool Breaks(Use use)
    {
        ArgumentNullException.ThrowIfNull(use);
        var name = use.Type.FullName;
        return !_pure.Any(pure => IsIn(name, pure))
            && (_namespaces.Any(closed => IsIn(name, closed))
                || (use.Type.Namespace == "System" && (_types.Contains(use.Type.Name) || (use.Member is { } member && _clocks.Contains(member)))));
    }

    private static bool IsIn(string name, string closed) => name == closed || name.StartsWith(closed + ".", StringComparison.Ordinal);
}
