using TiMix.Architecture.Tests.Examples.Lower;

namespace TiMix.Architecture.Tests.Examples.Upper;

/// <summary>Knows what lies on it, as it should.</summary>
public sealed class Shelf
{
    /// <summary>What lies on it.</summary>
    public Book? First { get; init; }

    /// <summary>How many books it holds.</summary>
    public int Places { get; set; }
}
