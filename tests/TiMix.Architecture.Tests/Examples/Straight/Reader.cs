using TiMix.Architecture.Tests.Examples.Lower;
using TiMix.Architecture.Tests.Examples.Upper;

namespace TiMix.Architecture.Tests.Examples.Straight;

/// <summary>Knows both, and neither knows it. Looks at the clock, which no core may.</summary>
public sealed class Reader
{
    /// <summary>Two arrows and a clock.</summary>
    public static (Shelf Shelf, Book Book, bool Late) Find() => (new Shelf(), new Book(), DateTime.UtcNow.Hour > 22);
}
