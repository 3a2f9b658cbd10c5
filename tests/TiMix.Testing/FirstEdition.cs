using TiMix.Runs.Records;
using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json.Nodes;

namespace TiMix.Testing;

/// <summary>A copy of the runs that the version before this one left; see <c>tests/fixtures/first-edition/README.md</c>.</summary>
public sealed class FirstEdition : IDisposable
{
    public FirstEdition()
    {
        using var file = File.OpenRead(FixtureFile("first-edition.tar.gz"));
        using var packed = new GZipStream(file, CompressionMode.Decompress);
        TarFile.ExtractToDirectory(packed, Root, overwriteFiles: false);
    }

    /// <summary>All of it.</summary>
    public string Root { get; } = Directory.CreateTempSubdirectory("timix-first-").FullName;

    /// <summary>Holds <c>faulted</c>, which is finished, and <c>stopped</c>, which is not.</summary>
    public string Runs => In("runs");

    /// <summary>What both runs learn from.</summary>
    public string Data => In("sample");

    /// <summary>Where both end.</summary>
    public string Fingerprint => Expected("fingerprint");

    /// <summary>Whether this processor computes as the one did that <see cref="Fingerprint"/> was found on.</summary>
    public bool ComputesAlike => Expected("processor") == $"{Processor("vendor_id")} family {Processor("cpu family")} model {Processor("model")}";

    /// <summary>A file of the fixture that is not packed.</summary>
    public static string FixtureFile(string name) => Path.Combine(AppContext.BaseDirectory, "first-edition", name);

    /// <summary>A path in here.</summary>
    public string In(params string[] parts) => Path.Combine([Root, .. parts]);

    /// <summary>The directory of a run.</summary>
    public RunDirectory Run(string name) => RunDirectory.Look(Runs, name);

    public void Dispose() => Directory.Delete(Root, recursive: true);

    private string Expected(string key) => JsonNode.Parse(File.ReadAllText(In("expected.json")))![key]!.GetValue<string>();

    private static string Processor(string key) => File.Exists("/proc/cpuinfo")
        ? File.ReadLines("/proc/cpuinfo").Select(line => line.Split(':', StringSplitOptions.TrimEntries))
            .FirstOrDefault(pair => pair[0] == key)?[^1] ?? "unknown"
        : "unknown";
}
