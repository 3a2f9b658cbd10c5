using System.Text.RegularExpressions;

namespace TiMix.Architecture.Tests;

/// <summary>
/// What source files say they use. The assembly does not tell of a constant where it comes from: the compiler has copied it. But nobody
/// can name one of another namespace without a line that says so.
/// </summary>
public static partial class UsingLines
{
    /// <summary>The lines of a room's files that name namespaces of the same room.</summary>
    public static IEnumerable<Use> Read(string room, string assembly)
    {
        foreach (var file in Rooms.Files(room))
        {
            var by = new NamedType(assembly, NamespaceOf(file), Path.GetFileName(file));
            foreach (var line in File.ReadLines(file).Select(line => Line().Match(line)).Where(line => line.Success))
            {
                var named = line.Groups["name"].Value;
                var used = line.Groups["static"].Success ? named[..named.LastIndexOf('.')] : named;
                if (used == room || used.StartsWith(room + ".", StringComparison.Ordinal))
                {
                    yield return new Use(by, "", new NamedType(assembly, used, line.Value), null);
                }
            }
        }
    }

    /// <summary>The namespace that a file is in; empty if in none.</summary>
    public static string NamespaceOf(string file) =>
        File.ReadLines(file).Select(line => Declaration().Match(line)).FirstOrDefault(line => line.Success)?.Groups[1].Value ?? "";

    [GeneratedRegex(@"^using (?<static>static )?(?<name>[\w.]+);")]
    private static partial Regex Line();

    [GeneratedRegex(@"^namespace ([\w.]+);$")]
    private static partial Regex Declaration();
}
