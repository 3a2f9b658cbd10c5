using System.Reflection;
using Mono.Cecil;

namespace TiMix.Architecture.Tests;

/// <summary>The projects of <c>src/</c>, as they were built, and who may know whom.</summary>
public static class Rooms
{
    /// <summary>Each room and the rooms that it knows. Whoever knows nobody has an empty list.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<string>> Known { get; } = new Dictionary<string, IReadOnlyList<string>>
    {
        ["TiMix.Base"] = [],
        ["TiMix.Protocol"] = ["TiMix.Base"],
        ["TiMix.Learning"] = ["TiMix.Base"],
        ["TiMix.Data"] = ["TiMix.Base"],
        ["TiMix.Exchange"] = ["TiMix.Base"],
        ["TiMix.Runs"] = ["TiMix.Base", "TiMix.Protocol", "TiMix.Learning", "TiMix.Data"],
        ["TiMix.Work"] = ["TiMix.Base", "TiMix.Protocol", "TiMix.Learning", "TiMix.Data", "TiMix.Exchange", "TiMix.Runs"],
        ["TiMix.Actors"] = ["TiMix.Base", "TiMix.Protocol", "TiMix.Learning", "TiMix.Data", "TiMix.Exchange", "TiMix.Runs", "TiMix.Work"],
        ["TiMix.Node"] = ["TiMix.Base", "TiMix.Protocol", "TiMix.Learning", "TiMix.Data", "TiMix.Exchange", "TiMix.Runs", "TiMix.Work", "TiMix.Actors"],
    };

    /// <summary>For theories over all rooms.</summary>
    public static TheoryData<string> All => [.. Known.Keys];

    /// <summary>The directory <c>src/</c>.</summary>
    public static string Sources => Path.GetFullPath(Metadata("Sources"));

    /// <summary>The room's assembly, as it lies beside the program.</summary>
    public static ModuleDefinition Open(string room)
    {
        var resolver = new DefaultAssemblyResolver();
        resolver.AddSearchDirectory(Metadata("Program"));
        return ModuleDefinition.ReadModule(
            Path.Combine(Metadata("Program"), (room == "TiMix.Node" ? "timix" : room) + ".dll"), new ReaderParameters { AssemblyResolver = resolver });
    }

    /// <summary>The room's source files.</summary>
    public static IEnumerable<string> Files(string room) =>
        Directory.EnumerateFiles(Path.Combine(Sources, room), "*.cs", SearchOption.AllDirectories)
            .Where(file => Path.GetRelativePath(Path.Combine(Sources, room), file).Split('/')[0] is not ("bin" or "obj"))
            .Order(StringComparer.Ordinal);

    /// <summary>Fails with everything that is wrong, a line each.</summary>
    public static void AssertNone(IEnumerable<string> wrong)
    {
        var lines = wrong.ToList();
        Assert.True(lines.Count == 0, string.Join('\n', lines));
    }

    private static string Metadata(string key) =>
        typeof(Rooms).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == key).Value!;
}
