using TiMix.Node.Processes;

namespace TiMix.Testing;

/// <summary>Ports for servers of the tests, which may go away and come back on the same one: kept for as long as the tests last.</summary>
public static class TestPorts
{
    private static readonly ReservedPorts Held = new();

    /// <summary>A port that nobody has.</summary>
    public static int Next()
    {
        lock (Held)
        {
            return Held.Next();
        }
    }
}
