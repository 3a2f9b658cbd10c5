using Mono.Cecil;
using Mono.Cecil.Rocks;

namespace TiMix.Architecture.Tests;

/// <summary>What can be read at one go.</summary>
public sealed class FileTests
{
    private const int LongestFile = 400;
    private const int LongestActor = 150;
    private const int LongestLine = 160;

    [Theory]
    [MemberData(nameof(Rooms.All), MemberType = typeof(Rooms))]
    public void No_source_file_is_longer_than_400_lines(string room)
    {
        var tooLong = Rooms.Files(room).Select(file => (file, Lines: File.ReadLines(file).Count())).Where(file => file.Lines > LongestFile);

        Rooms.AssertNone(tooLong.Select(file => $"{Path.GetRelativePath(Rooms.Sources, file.file)}: {file.Lines} lines"));
    }

    [Fact]
    public void No_actor_is_longer_than_150_lines()
    {
        var actors = Rooms.Known.Keys.SelectMany(Actors).ToList();
        var tooLong = actors.Select(file => (file, Lines: File.ReadLines(file).Count())).Where(file => file.Lines > LongestActor);

        Assert.NotEmpty(actors);
        Rooms.AssertNone(tooLong.Select(file => $"{Path.GetRelativePath(Rooms.Sources, file.file)}: {file.Lines} lines"));
    }

    [Theory]
    [InlineData("src")]
    [InlineData("tests")]
    [InlineData("tools")]
    public void No_line_is_longer_than_160_columns(string folder)
    {
        var top = Path.GetDirectoryName(Rooms.Sources)!;
        var files = Directory.EnumerateFiles(Path.Combine(top, folder), "*.cs", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(top, file))
            .Where(file => !file.Split('/').Intersect(["bin", "obj"]).Any())
            .Order(StringComparer.Ordinal).ToList();
        var tooLong = files.SelectMany(file => File.ReadLines(Path.Combine(top, file)).Index().Select(line => (file, line.Index, line.Item)))
            .Where(line => line.Item.Length > LongestLine);

        Assert.NotEmpty(files);
        Rooms.AssertNone(tooLong.Select(line => $"{line.file}:{line.Index + 1}: {line.Item.Length} columns"));
    }

    /// <summary>The files of a room's actors: a class in several files is in all whose name begins with its own.</summary>
    private static IEnumerable<string> Actors(string room)
    {
        using var module = Rooms.Open(room);
        var files = Rooms.Files(room).ToList();
        foreach (var actor in module.GetAllTypes().Where(IsActor))
        {
            var outermost = UseReader.NameOf(actor);
            var folder = Path.Combine(
                Rooms.Sources, outermost.Namespace.Replace(room, room + "/", StringComparison.Ordinal).Replace("/.", "/", StringComparison.Ordinal));
            var own = files.Where(
                file => Path.GetFileName(file).Split('.')[0] == outermost.Name && file.StartsWith(folder.TrimEnd('/'), StringComparison.Ordinal)).ToList();
            Assert.True(own.Count > 0, $"{outermost.FullName} is an actor in a file that is not named after it");
            foreach (var file in own)
            {
                yield return file;
            }
        }
    }

    private static bool IsActor(TypeDefinition type)
    {
        for (
            var ancestor = type.BaseType; ancestor is not null
                && !ancestor.Namespace.StartsWith("System", StringComparison.Ordinal); ancestor = ancestor.Resolve().BaseType)
        {
            if (ancestor.FullName == "Akka.Actor.ActorBase")
            {
                return true;
            }
        }

        return false;
    }
}
