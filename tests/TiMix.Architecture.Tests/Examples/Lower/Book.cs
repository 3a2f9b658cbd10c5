using TiMix.Architecture.Tests.Examples.Upper;

namespace TiMix.Architecture.Tests.Examples.Lower;

/// <summary>Knows the shelf, as it should not: nowhere but in a lambda of an asynchronous method, where only who reads bodies sees it.</summary>
public sealed class Book
{
    /// <summary>The arrow back.</summary>
    public static async Task<int> CountAsync(IEnumerable<object> things)
    {
        await Task.Yield();
        return things.Count(thing => thing is Shelf { Places: > 2 });
    }
}
