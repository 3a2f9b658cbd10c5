namespace TiMix.Testing;

/// <summary>
/// Gives a reader damaged inputs, as many as its budget, and looks at what comes: a value, or one of the exceptions that are documented.
/// Memory must stay where it was, so nothing else may run beside it in the process. A failing input is shown by its seed and in hex.
/// </summary>
internal static class Fuzz
{
    private const int Shown = 4096;
    private const long MostManaged = 64L << 20, MostOfAll = 512L << 20;

    /// <summary>Returns how many were read.</summary>
    /// <param name="first">First seed.</param>
    /// <param name="count">Inputs.</param>
    /// <param name="input">Made of a seed.</param>
    /// <param name="read">What is tried.</param>
    /// <param name="documented">Exceptions that refuse an input, in one line; no others may come.</param>
    public static int Run(int first, int count, Func<ulong, byte[]> input, Action<byte[]> read, params Type[] documented)
    {
        TestContext.Current.TestOutputHelper?.WriteLine($"seeds {first} to {first + count - 1}");
        var (usable, warm, managed, all) = (0, Math.Max(1, count / 10), 0L, 0L);
        for (var seed = first; seed < first + count; seed++)
        {
            if (seed == first + warm)
            {
                (managed, all) = (GC.GetTotalMemory(forceFullCollection: true), Environment.WorkingSet);
            }

            var bytes = input((ulong)seed);
            try
            {
                read(bytes);
                usable++;
            }
            catch (Exception error) when (documented.Any(type => type.IsInstanceOfType(error))
                && (error is System.Text.Json.JsonException || !error.Message.Contains('\n', StringComparison.Ordinal)))
            {
                // Refused, which is right too.
            }
            catch (Exception error)
            {
                Assert.Fail($"seed {seed}, {bytes.Length} bytes, {Convert.ToHexString(bytes.AsSpan(0, Math.Min(Shown, bytes.Length)))}: {error}");
            }
        }

        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - managed, long.MinValue, MostManaged);
        Assert.InRange(Environment.WorkingSet - all, long.MinValue, MostOfAll);
        return usable;
    }
}
