using System.Text.Json;
using System.Text.Json.Serialization;

namespace TiMix.Protocol.Values;

/// <summary>What may bring a run to a stand.</summary>
public enum StopKind
{
    /// <summary>The user wants it so.</summary>
    Requested,

    /// <summary>It cannot go on; see <see cref="StopReason.Said"/>.</summary>
    Failed,

    /// <summary>The snapshot that was to be its last could not be written.</summary>
    SnapshotFailed,

    /// <summary>A step that was applied could not be written into the audit.</summary>
    AuditFailed,

    /// <summary>The run's records (metrics, evaluations) could not be written until its end.</summary>
    RecordsFailed,
}

/// <summary>Why a run stands still until somebody resumes it.</summary>
/// <param name="Kind">In a word.</param>
/// <param name="Step">Of the snapshot that failed, or the step that is not in the audit.</param>
/// <param name="Said">What whoever failed said; for a user to read.</param>
[JsonConverter(typeof(StopReasonFormat))]
public sealed record StopReason(StopKind Kind, long Step = 0, string? Said = null)
{
    /// <summary>The user's wish.</summary>
    public static StopReason Requested { get; } = new(StopKind.Requested);

    /// <inheritdoc/>
    public override string ToString() => StopReasonFormat.TextOf(this);
}

/// <summary>
/// A <see cref="StopReason"/> in words and, since the first edition's journals hold these words, in JSON. Nobody but this class
/// reads them.
/// </summary>
public sealed class StopReasonFormat : JsonConverter<StopReason>
{
    private const string OnRequest = "stopped on request";
    private const string Snapshot = "the snapshot of step ";
    private const string Unwritten = " could not be written: ";
    private const string Audited = "the audit of step ";
    private const string Records = "the run's metrics and evaluations";

    /// <summary>In words, as a user reads them.</summary>
    public static string TextOf(StopReason reason) => reason.Kind switch
    {
        StopKind.Requested => OnRequest,
        StopKind.SnapshotFailed => FormattableString.Invariant($"{Snapshot}{reason.Step}{Unwritten}{reason.Said}"),
        StopKind.AuditFailed => FormattableString.Invariant($"{Audited}{reason.Step}{Unwritten}{reason.Said}"),
        StopKind.RecordsFailed => $"{Records}{Unwritten}{reason.Said}",
        _ => reason.Said ?? "",
    };

    /// <summary>Back again.</summary>
    public static StopReason Parse(string text)
    {
        if (text == OnRequest)
        {
            return StopReason.Requested;
        }

        var at = text.IndexOf(Unwritten, StringComparison.Ordinal);
        return OfStep(StopKind.SnapshotFailed, Snapshot) ?? OfStep(StopKind.AuditFailed, Audited)
            ?? (at > 0 && text[..at] == Records
                ? new StopReason(StopKind.RecordsFailed, Said: text[(at + Unwritten.Length)..])
                : new StopReason(StopKind.Failed, Said: text));

        StopReason? OfStep(StopKind kind, string what) =>
            at > 0 && text.StartsWith(what, StringComparison.Ordinal) && long.TryParse(text[what.Length..at], out var step)
                ? new StopReason(kind, step, text[(at + Unwritten.Length)..])
                : null;
    }

    /// <inheritdoc/>
    public override StopReason Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Parse(reader.GetString() ?? "");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, StopReason value, JsonSerializerOptions options) => writer.WriteStringValue(TextOf(value));
}
