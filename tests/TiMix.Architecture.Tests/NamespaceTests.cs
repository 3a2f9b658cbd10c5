namespace TiMix.Architecture.Tests;

/// <summary>Within a room, namespaces are layers: no two know each other, by whatever detour.</summary>
public sealed class NamespaceTests
{
    [Theory]
    [MemberData(nameof(Rooms.All), MemberType = typeof(Rooms))]
    public void No_namespaces_of_a_room_know_each_other_in_a_circle(string room)
    {
        using var module = Rooms.Open(room);
        var assembly = module.Assembly.Name.Name;
        var uses = UseReader.Read(module).Where(use => use.Type.Assembly == assembly).Concat(UsingLines.Read(room, assembly));
        var arrows = new Arrows(uses, type => type.Namespace);

        Rooms.AssertNone(arrows.Circles().Select(circle => arrows.Describe(circle)));
    }

    [Theory]
    [MemberData(nameof(Rooms.All), MemberType = typeof(Rooms))]
    public void A_files_namespace_is_its_folder(string room)
    {
        var wrong = new List<string>();
        foreach (var file in Rooms.Files(room))
        {
            var path = Path.GetRelativePath(Rooms.Sources, file);
            var folder = Path.GetDirectoryName(path)!.Replace('/', '.');
            var declared = UsingLines.NamespaceOf(file);

            // The program's entry is statements alone, which the language puts into no namespace.
            if (declared != folder && (declared.Length > 0 || Path.GetFileName(file) != "Program.cs"))
            {
                wrong.Add($"{path}: {(declared.Length == 0 ? "no namespace" : declared)} where {folder} is expected");
            }
        }

        Rooms.AssertNone(wrong);
    }
}
