using TiMix.Runs.Records;

namespace TiMix.Actors.Tests.Faults;

public sealed class FaultLogTests : IDisposable
{
    private readonly string _runs = Directory.CreateTempSubdirectory("timix-faults-").FullName;

    public void Dispose() => Directory.Delete(_runs, recursive: true);

    [Fact]
    public void Faults_read_back_as_they_were_written_without_a_torn_line()
    {
        using var directory = RunDirectory.Create(_runs, "r", "{}");
        Assert.Empty(FaultLog.Read(directory));
        InjectedFault[] faults = [new("kill", "trainer", "trainer-3", 12, 1000), new("join", "trainer", "trainer-4", 20, 2000)];
        Array.ForEach(faults, fault => FaultLog.Append(directory, fault));
        File.AppendAllText(FaultLog.PathIn(directory), """{"kind":"ki""");
        Assert.Equal(faults, FaultLog.Read(directory));
        Assert.Equal("""{"kind":"kill","target":"trainer","node":"trainer-3","step":12,"at":1000}""", File.ReadLines(FaultLog.PathIn(directory)).First());
    }
}
