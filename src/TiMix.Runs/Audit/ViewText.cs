using System.Globalization;
using TiMix.Protocol.Values;

namespace TiMix.Runs.Audit;

/// <summary>Views in words, for people.</summary>
public static class ViewText
{
    /// <summary>As in "view 3 from step 12: trainer-1 0–3, trainer-3 4–7 (trainer-2 was lost: its link broke) 214 ms".</summary>
    public static string Line(ViewChange change) => string.Create(
        CultureInfo.InvariantCulture, $"{Begin(change.View)} ({change.Reason}){Milliseconds(change.InstalledAt - change.DetectedAt, change.InstalledAt)}");

    /// <summary>The same with the time to the first step, for a timeline.</summary>
    public static string TimelineLine(ViewChange change) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Begin(change.View)} ({change.Reason}); detected, installed{After(change.InstalledAt, change)}, first step{After(change.FirstStepAt, change)}");

    /// <summary>Who has which micro-batches.</summary>
    public static string Shares(View view) => string.Join(", ", view.Shares.Select(share => $"{share.Node} {Range(share)}"));

    private static string Begin(View view) => $"view {view.Generation} from step {view.FromStep}: {Shares(view)}";

    private static string Range(Share share) => share.Count switch
    {
        0 => "none",
        1 => $"{share.First}",
        _ => $"{share.First}–{share.First + share.Count - 1}",
    };

    private static string Milliseconds(long elapsed, long at) => at == 0 ? "" : $" {elapsed} ms";

    private static string After(long at, ViewChange change) => at == 0 ? " never" : $" +{at - change.DetectedAt} ms";
}
