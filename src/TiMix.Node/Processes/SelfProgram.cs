namespace TiMix.Node.Processes;

/// <summary>How to start this program once more.</summary>
internal static class SelfProgram
{
    /// <summary>The file to start, and what comes before the program's own arguments.</summary>
    public static (string Program, string[] Leading) Command => Of(Environment.ProcessPath, typeof(SelfProgram).Assembly.Location);

    /// <param name="process">The file of this process: timix itself, dotnet, or a test runner.</param>
    /// <param name="assembly">timix.dll; empty in a single file.</param>
    internal static (string Program, string[] Leading) Of(string? process, string assembly)
    {
        var name = Path.GetFileNameWithoutExtension(process) ?? "";
        return name == "timix" || assembly.Length == 0 ? (process!, [])
            : name == "dotnet" ? (process!, [assembly])
            : ("dotnet", [assembly]);
    }
}
