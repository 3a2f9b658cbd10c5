using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace TiMix.Protocol.Values;

/// <summary>
/// A <see cref="LossReason"/> in words and, since the first edition's journals hold these words, in JSON. Nobody but this class
/// reads them.
/// </summary>
public sealed class LossReasonFormat : JsonConverter<LossReason>
{
    private static readonly (LossKind Kind, string Text)[] Fixed =
    [
        (LossKind.LinkBroke, "its link broke"), (LossKind.NotReady, "it was not ready in time"), (LossKind.ProcessDied, "its process has died"),
        (LossKind.DidNotComeBack, "it did not come back"), (LossKind.RunInterrupted, "the run was interrupted"), (LossKind.Left, "it left"),
        (LossKind.Offended, "it harmed the run too often"),
    ];

    private static readonly (LossKind Kind, string Begin)[] Timed =
    [
        (LossKind.Silent, "silent for "), (LossKind.DidNotHoldStill, "it did not hold still for "), (LossKind.Stuck, "it stood still in a step for "),
    ];

    /// <summary>In words, as a user reads them.</summary>
    public static string TextOf(LossReason reason)
    {
        foreach (var (kind, begin) in Timed)
        {
            if (kind == reason.Kind)
            {
                return string.Create(CultureInfo.InvariantCulture, $"{begin}{reason.Seconds} s");
            }
        }

        return reason.Kind == LossKind.Other ? reason.Said ?? "" : Array.Find(Fixed, known => known.Kind == reason.Kind).Text;
    }

    /// <summary>Back again.</summary>
    public static LossReason Parse(string text)
    {
        foreach (var (kind, begin) in Timed)
        {
            if (text.StartsWith(begin, StringComparison.Ordinal) && text.EndsWith(" s", StringComparison.Ordinal)
                && double.TryParse(text[begin.Length..^2], NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds))
            {
                return new LossReason(kind, seconds);
            }
        }

        return Array.Find(Fixed, known => known.Text == text) is { Text: not null } fits
            ? new LossReason(fits.Kind)
            : new LossReason(LossKind.Other, Said: text);
    }

    /// <inheritdoc/>
    public override LossReason Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Parse(reader.GetString() ?? "");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, LossReason value, JsonSerializerOptions options) => writer.WriteStringValue(TextOf(value));
}
