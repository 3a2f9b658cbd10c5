using System.Text.Json;
using System.Text.Json.Serialization;

namespace TiMix.Protocol.Values;

/// <summary>
/// A <see cref="ViewCause"/> in words and, since the first edition's journals hold these words, in JSON. Nobody but this class
/// reads them.
/// </summary>
public sealed class ViewCauseFormat : JsonConverter<ViewCause>
{
    private const string And = " and ";
    private const string Lost = " was lost: ";

    /// <summary>What stands before and behind the nodes, of one and of several.</summary>
    private static readonly (ViewCauseKind Kind, string Before, string One, string Several)[] Named =
    [
        (ViewCauseKind.LinkBroke, "the link to ", " broke", " broke"), (ViewCauseKind.BrokeOff, "", " broke off", " broke off"),
        (ViewCauseKind.Stopped, "", " has stopped", " have stopped"),
        (ViewCauseKind.Diverged, "", " had other weights than the others", " had other weights than the others"), (ViewCauseKind.Joins, "", " joins", " join"),
        (ViewCauseKind.Accused, "", " spoilt the step", " spoilt the step"),
        (ViewCauseKind.Leaves, "", " leaves", " leave"),
    ];

    private static readonly (ViewCauseKind Kind, string Text)[] Fixed =
    [
        (ViewCauseKind.BrokeOff, "a trainer broke off"), (ViewCauseKind.Joins, "nobody joins"), (ViewCauseKind.StatesDiffer, "the trainers' states differ"),
        (ViewCauseKind.SpeedsChanged, "the trainers' speeds have changed"), (ViewCauseKind.Paused, "paused on request"),
        (ViewCauseKind.Continued, "continued on request"),
        (ViewCauseKind.RunStopped, "stopped on request"),
    ];

    /// <summary>In words, as a user reads them.</summary>
    public static string TextOf(ViewCause cause)
    {
        if (cause.Kind == ViewCauseKind.TrainerLost)
        {
            return $"{string.Join(And, cause.Nodes)}{Lost}{cause.Loss}";
        }

        if (cause.Kind == ViewCauseKind.Other)
        {
            return cause.Said ?? "";
        }

        if (cause.Nodes.Count == 0)
        {
            return Array.Find(Fixed, known => known.Kind == cause.Kind).Text ?? cause.Kind.ToString();
        }

        var (_, before, one, several) = Array.Find(Named, known => known.Kind == cause.Kind);
        return $"{before}{string.Join(And, cause.Nodes)}{(cause.Nodes.Count == 1 ? one : several)}";
    }

    /// <summary>Back again.</summary>
    public static ViewCause Parse(string text)
    {
        if (Array.Find(Fixed, known => known.Text == text) is { Text: not null } fits)
        {
            return new ViewCause(fits.Kind);
        }

        if (text.IndexOf(Lost, StringComparison.Ordinal) is > 0 and var at)
        {
            return new ViewCause(ViewCauseKind.TrainerLost, text[..at]) { Loss = LossReasonFormat.Parse(text[(at + Lost.Length)..]) };
        }

        foreach (var (kind, before, one, several) in Named)
        {
            foreach (var (behind, isOne) in new[] { (one, true), (several, false) })
            {
                if (text.Length > before.Length + behind.Length && text.StartsWith(before, StringComparison.Ordinal)
                    && text.EndsWith(behind, StringComparison.Ordinal))
                {
                    var nodes = text[before.Length..^behind.Length].Split(And);
                    if ((nodes.Length == 1) == isOne)
                    {
                        return new ViewCause(kind, nodes);
                    }
                }
            }
        }

        return new ViewCause(ViewCauseKind.Other) { Said = text };
    }

    /// <inheritdoc/>
    public override ViewCause Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Parse(reader.GetString() ?? "");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, ViewCause value, JsonSerializerOptions options) => writer.WriteStringValue(TextOf(value));
}
