using System.Text;

namespace TiMix.Node.Processes;

/// <summary>
/// The terminal, or whatever stands for it. When it is closed, what is written is lost, and nothing else: a run that is told to stop
/// by the end of its terminal must not die of having nobody to tell.
/// </summary>
/// <param name="inner">Is written to.</param>
internal sealed class LastingWriter(TextWriter inner) : TextWriter
{
    /// <inheritdoc/>
    public override Encoding Encoding => inner.Encoding;

    /// <inheritdoc/>
    public override void Write(char value) => Try(() => inner.Write(value));

    /// <inheritdoc/>
    public override void Write(char[] buffer, int index, int count) => Try(() => inner.Write(buffer, index, count));

    /// <inheritdoc/>
    public override void Write(string? value) => Try(() => inner.Write(value));

    /// <inheritdoc/>
    public override void WriteLine(string? value) => Try(() => inner.WriteLine(value));

    /// <inheritdoc/>
    public override void Flush() => Try(inner.Flush);

    private static void Try(Action write)
    {
        try
        {
            write();
        }
        catch (IOException)
        {
            // Closed.
        }
    }
}
