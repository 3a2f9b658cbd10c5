namespace TiMix.Architecture.Tests;

/// <summary>Rooms know whom they may know, and nobody else.</summary>
public sealed class RoomTests
{
    [Theory]
    [MemberData(nameof(Rooms.All), MemberType = typeof(Rooms))]
    public void A_room_uses_only_the_rooms_below_it(string room)
    {
        using var module = Rooms.Open(room);
        var arrows = new Arrows(UseReader.Read(module), type => type.Assembly);
        var wrong = arrows.Of(module.Assembly.Name.Name)
            .Where(used => used.StartsWith("TiMix.", StringComparison.Ordinal) && !Rooms.Known[room].Contains(used))
            .Select(used => $"{room} -> {used}: {string.Join("; ", arrows.Between(module.Assembly.Name.Name, used).Take(8))}");

        Rooms.AssertNone(wrong);
    }

    [Fact]
    public void Every_project_of_the_sources_is_a_room()
    {
        var projects = Directory.GetFiles(Rooms.Sources, "*.csproj", SearchOption.AllDirectories).Select(Path.GetFileNameWithoutExtension);

        Assert.Equal(Rooms.Known.Keys.Order(StringComparer.Ordinal), projects.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_protocol_uses_no_clock_no_thread_no_file_and_no_socket()
    {
        using var module = Rooms.Open("TiMix.Protocol");

        Rooms.AssertNone(UseReader.Read(module).Where(Purity.Breaks).Select(use => use.ToString()));
    }
}
