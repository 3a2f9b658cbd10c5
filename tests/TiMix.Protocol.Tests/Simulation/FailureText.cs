using System.Runtime.CompilerServices;

namespace TiMix.Protocol.Tests.Simulation;

/// <summary>The text of a failure, written only when there is one: what holds is checked a million times.</summary>
[InterpolatedStringHandler]
internal ref struct FailureText
{
    private DefaultInterpolatedStringHandler _text;

    public FailureText(int literalLength, int formattedCount, bool holds, out bool shouldAppend)
    {
        shouldAppend = !holds;
        _text = holds ? default : new DefaultInterpolatedStringHandler(literalLength, formattedCount);
    }

    public void AppendLiteral(string value) => _text.AppendLiteral(value);

    public void AppendFormatted<T>(T value) => _text.AppendFormatted(value);

    /// <inheritdoc/>
    public override string ToString() => _text.ToStringAndClear();
}
