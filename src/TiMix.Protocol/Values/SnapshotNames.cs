using System.Globalization;

namespace TiMix.Protocol.Values;

/// <summary>How snapshots are called below a run's snapshots. Names are made of steps, never taken from a message.</summary>
public static class SnapshotNames
{
    private const string Prefix = "step-";
    private const string Format = "D8";

    /// <summary>Of the snapshot of a step.</summary>
    public static string Of(long step) => Prefix + step.ToString(Format, CultureInfo.InvariantCulture);

    /// <summary>Whether it is a name that <see cref="Of"/> makes.</summary>
    public static bool IsName(string text) =>
        text.StartsWith(Prefix, StringComparison.Ordinal)
        && long.TryParse(text.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var step) && Of(step) == text;
}
