namespace TiMix.Learning.Runtime;

/// <summary>Knows that memory has run out, of the runtime or of the native library, where that can be caught.</summary>
public static class MemoryShortage
{
    /// <summary>What can be done about it, as a sentence.</summary>
    public const string Advice = "Right would be smaller optimization.microBatchSize or run.graphsInMemory (the result stays), fewer --threads, or more memory";

    private static readonly string[] Words = ["can't allocate memory", "not enough memory", "out of memory", "std::bad_alloc", "Cannot allocate memory"];

    /// <summary>Whether a failure, or one that it comes from, is that.</summary>
    public static bool Is(Exception? failure)
    {
        for (var error = failure; error is not null; error = error.InnerException)
        {
            if (error is OutOfMemoryException || Words.Any(word => error.Message.Contains(word, StringComparison.OrdinalIgnoreCase)))
            {
                return true;
            }
        }

        return false;
    }
}
